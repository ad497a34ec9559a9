"""`frond upload`: a folder through S3 uploads."""

import csv
import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from frond_client.uploads import source
from frond_client.uploads.source_photo import LocalPhoto
from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.fake_stack import (
    ELSEWHERE,
    RESULTS,
    UPLOADS,
    FakeStack,
    failed,
    identifier,
    succeeded,
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keys(path: Path) -> list[str]:
    return sorted(row["key"] for row in rows(path))


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_folder_is_classified(stack: FakeStack, photos: Path, frond: Run) -> None:
    (photos / "d.HEIC").write_bytes(b"d")
    results = {"field 7/b.png": failed("The file is cut off."), "field 7/c.webp": succeeded("not_recognised")}
    with stack.classifying(lambda key: results.get(key, succeeded())):
        result = frond("upload", photos)
    assert result.exit_code == 1, result.output
    found = {row["key"]: row for row in rows(stack.folder / "field 7.csv")}
    assert len(found) == 4
    assert found["field 7/a.jpg"] == {
        "file": str(photos / "a.jpg"),
        "key": "field 7/a.jpg",
        "id": identifier("field 7/a.jpg"),
        "status": "succeeded",
        "verdict": "identified",
        "species": "zea-mays",
        "scientific_name": "Zea mays",
        "common_name": "Maize",
        "confidence": "0.983",
        "second_species": "galium-aparine",
        "second_confidence": "0.01",
        "error": "",
        "model_version": "2026.11.21-1a2b3c4d",
        "taken_at": "",
        "latitude": "",
        "longitude": "",
        "tag": "",
        "answered_at": "",
    }
    assert found["field 7/b.png"]["error"] == "The file is cut off."
    types = [stack.s3.head_object(Bucket=UPLOADS, Key=key)["ContentType"] for key in stack.uploaded_keys()]
    assert types == ["image/jpeg", "image/png", "image/webp", "image/heic"]
    output = flat(result.stdout)
    assert "identified │ 2" in output
    assert "not recognised │ 1" in output
    assert "Zea mays (Maize) │ 2" in output
    assert "1 photo could not be classified: The file is cut off." in output
    assert "4 photos: 4 sent now" in output
    assert "a second" in output


NAMES = [
    "a b.jpg",
    "a+b.jpg",
    "100%25.jpg",
    "Löwenzahn 🌱.jpg",
    'say "x", y.jpg',
    "[red]x:smile:.jpg",
]


def test_file_names_may_have_any_characters(stack: FakeStack, frond: Run) -> None:
    folder = stack.folder / "odd & names" / "deep"
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_bytes(name.encode())
    expected = sorted(f"odd & names/deep/{name}" for name in NAMES)
    with stack.classifying(lambda key: failed(f"no: {key}")):
        first = frond("upload", folder.parent)
    assert first.exit_code == 1, first.output
    assert stack.uploaded_keys() == expected
    assert keys(stack.folder / "odd & names.csv") == expected
    assert "[red]x:smile:.jpg" in first.stdout
    again = frond("upload", folder.parent, "--max-wait", 0)
    assert again.exit_code == 1, again.output
    assert "0 sent now, 0 were uploaded already, 6 were finished already" in again.stdout


def test_other_and_hidden_files_are_skipped(stack: FakeStack, photos: Path, frond: Run) -> None:
    hidden = photos / ".thumbnails"
    hidden.mkdir()
    for path in (photos / "notes.txt", photos / "jpg", photos / ".hidden.jpg", hidden / "e.jpg"):
        path.write_bytes(b"x")
    result = frond("upload", photos, "--no-wait")
    assert result.exit_code == 0, result.output
    assert stack.uploaded_keys() == ["field 7/a.jpg", "field 7/b.png", "field 7/c.webp"]
    assert "2 files skipped" in result.stderr


def test_a_second_run_sends_nothing_and_leaves_the_file_unchanged(
    stack: FakeStack, photos: Path, frond: Run
) -> None:
    with stack.classifying():
        frond("upload", photos)
    before = (stack.folder / "field 7.csv").read_bytes()
    result = frond("upload", photos, "--max-wait", 0)
    assert result.exit_code == 0, result.output
    assert (stack.folder / "field 7.csv").read_bytes() == before
    assert [stack.versions(key) for key in stack.uploaded_keys()] == [1, 1, 1]
    assert "identified │ 3" in flat(result.stdout)


def test_pending_results_are_fetched_by_the_next_run_without_sending_again(
    stack: FakeStack, photos: Path, frond: Run
) -> None:
    first = frond("upload", photos, "--max-wait", 0)
    assert first.exit_code == 3, first.output
    assert "3 results still pending" in first.stdout
    assert "same command again" in first.stdout
    assert not (stack.folder / "field 7.csv").exists()
    stack.put_result("field 7/b.png", succeeded())
    second = frond("upload", photos, "--max-wait", 0)
    assert second.exit_code == 3
    assert keys(stack.folder / "field 7.csv") == ["field 7/b.png"]
    with stack.classifying():
        third = frond("upload", photos)
    assert third.exit_code == 0, third.output
    assert keys(stack.folder / "field 7.csv") == stack.uploaded_keys()
    assert [stack.versions(key) for key in stack.uploaded_keys()] == [1, 1, 1]
    assert "0 sent now, 2 were uploaded already, 1 were finished already" in flat(third.stdout)


def test_a_stopped_upload_resumes(stack: FakeStack, photos: Path, frond: Run) -> None:
    stack.s3.put_object(Bucket=UPLOADS, Key="field 7/a.jpg", Body=b"a.jpg")
    stack.s3.put_object(Bucket=UPLOADS, Key="field 7/b.png", Body=b"other")
    result = frond("upload", photos, "--no-wait")
    assert result.exit_code == 0
    assert "2 sent now, 1 were uploaded already" in flat(result.stdout)
    assert {key: stack.versions(key) for key in stack.uploaded_keys()} == {
        "field 7/a.jpg": 1,
        "field 7/b.png": 2,
        "field 7/c.webp": 1,
    }


def test_a_changed_file_has_no_row_until_it_is_classified_again(
    stack: FakeStack, photos: Path, frond: Run
) -> None:
    with stack.classifying():
        frond("upload", photos)
    for key in stack.uploaded_keys():
        stack.age(UPLOADS, key, 60)
        stack.age_result(key, 60)
    (photos / "a.jpg").write_bytes(b"A.jpg")
    waiting = frond("upload", photos, "--max-wait", 0)
    assert waiting.exit_code == 3, waiting.output
    assert keys(stack.folder / "field 7.csv") == ["field 7/b.png", "field 7/c.webp"]
    with stack.classifying(lambda _: succeeded(version="newer")):
        result = frond("upload", photos)
    assert result.exit_code == 0, result.output
    assert stack.versions("field 7/a.jpg") == 2
    versions = {row["key"]: row["model_version"] for row in rows(stack.folder / "field 7.csv")}
    assert len(versions) == len(rows(stack.folder / "field 7.csv")) == 3
    assert versions["field 7/a.jpg"] == "newer"
    assert versions["field 7/b.png"] != "newer"


def test_a_result_older_than_the_upload_is_ignored(stack: FakeStack, photos: Path, frond: Run) -> None:
    stack.put_result("field 7/a.jpg", succeeded())
    stack.age_result("field 7/a.jpg", 60)
    result = frond("upload", photos / "a.jpg", "--max-wait", 0)
    assert result.exit_code == 3, result.output
    assert stack.uploaded_keys() == ["field 7/a.jpg"]
    stack.age(UPLOADS, "field 7/a.jpg", 3600)
    assert frond("upload", photos / "a.jpg", "--max-wait", 0).exit_code == 0


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_result_that_is_not_final_is_ignored(
    stack: FakeStack, photos: Path, frond: Run, status: str
) -> None:
    frond("upload", photos / "a.jpg", "--no-wait")
    stack.put_result("field 7/a.jpg", succeeded() | {"status": status})
    assert frond("upload", photos / "a.jpg", "--max-wait", 0).exit_code == 3
    stack.put_result("field 7/a.jpg", succeeded())
    assert frond("upload", photos / "a.jpg", "--max-wait", 0).exit_code == 0


def test_expired_photos_with_a_result_are_not_sent_again(stack: FakeStack, photos: Path, frond: Run) -> None:
    with stack.classifying():
        frond("upload", photos)
    for key in stack.uploaded_keys():
        stack.s3.delete_object(Bucket=UPLOADS, Key=key)
    later = (stack.folder / "field 7.csv").stat().st_mtime + 60
    os.utime(photos / "b.png", (later, later))
    result = frond("upload", photos, "--max-wait", 0, "--no-wait")
    assert result.exit_code == 0, result.output
    assert stack.uploaded_keys() == ["field 7/b.png"]


def test_an_incomplete_row_is_dropped_and_fetched_again(stack: FakeStack, photos: Path, frond: Run) -> None:
    with stack.classifying():
        frond("upload", photos)
    file = stack.folder / "field 7.csv"
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    result = frond("upload", photos, "--max-wait", 0)
    assert result.exit_code == 0, result.output
    assert file.read_bytes() == whole
    assert [stack.versions(key) for key in stack.uploaded_keys()] == [1, 1, 1]


def test_an_incomplete_header_is_completed(stack: FakeStack, photos: Path, frond: Run) -> None:
    (stack.folder / "field 7.csv").write_text("file,key,i")
    with stack.classifying():
        assert frond("upload", photos).exit_code == 0
    assert keys(stack.folder / "field 7.csv") == stack.uploaded_keys()


@pytest.mark.parametrize(
    "content", [b"\xff\xd8\xff\xe0", b"a,b\n1,2\n", b"my notes", b"file,key\nx,y\n", b'"']
)
def test_another_file_is_never_overwritten(
    stack: FakeStack, photos: Path, frond: Run, content: bytes
) -> None:
    other = stack.folder / "other.csv"
    other.write_bytes(content)
    result = frond("upload", photos, "--output", other)
    assert result.exit_code == 1
    assert "not a file of results. Choose another with --output." in result.stderr
    assert other.read_bytes() == content
    assert stack.uploaded_keys() == []


def test_an_unwritable_file_of_results_is_reported_before_any_upload(
    stack: FakeStack, photos: Path, frond: Run
) -> None:
    result = frond("upload", photos, "--output", stack.folder / "nowhere" / "x.csv")
    assert result.exit_code == 1
    assert "is no writable folder" in result.stderr
    assert stack.uploaded_keys() == []


def test_a_too_large_photo_is_refused_and_the_others_are_sent(
    stack: FakeStack, photos: Path, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_UPLOAD_BYTES", 2000)
    (photos / "just.jpg").write_bytes(bytes(2000))
    (photos / "large.jpg").write_bytes(bytes(2001))
    with stack.classifying():
        result = frond("upload", photos)
    assert result.exit_code == 1
    assert "1 photo refused: It is larger than 2,000 bytes" in result.stdout
    assert "large.jpg" in result.stdout
    assert "field 7/just.jpg" in stack.uploaded_keys()
    assert keys(stack.folder / "field 7.csv") == stack.uploaded_keys()
    assert len(stack.uploaded_keys()) == 4


def test_the_size_limit_is_the_default_of_the_template() -> None:
    template = (ROOT / "template.yaml").read_text()
    default = template.partition("MaxUploadBytes:")[2].partition("Default:")[2].split()[0]
    assert int(default) == source.MAX_UPLOAD_BYTES


def test_a_photo_that_fails_does_not_stop_the_others(
    stack: FakeStack, photos: Path, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = LocalPhoto.upload

    def upload(photo: LocalPhoto, *where: object) -> object:
        if photo.path.name == "b.png":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, "PutObject")
        if photo.path.name == "c.webp":
            raise OSError(5, "Input/output error")
        return original(photo, *where)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalPhoto, "upload", upload)
    (photos / "gone.jpg").symlink_to("nowhere")
    with stack.classifying():
        result = frond("upload", photos)
    assert result.exit_code == 1
    assert keys(stack.folder / "field 7.csv") == ["field 7/a.jpg"]
    output = flat(result.stdout)
    assert "refused: It cannot be read: No such file or directory." in output
    assert "failed: AWS refuses PutObject: No. Ask the stack's owner for this permission." in output
    assert "failed: It cannot be read: Input/output error." in output


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_not_utf8_is_refused(stack: FakeStack, photos: Path, frond: Run) -> None:
    Path(os.fsdecode(bytes(photos) + b"/\xff.jpg")).write_bytes(b"x")
    result = frond("upload", photos, "--no-wait")
    assert result.exit_code == 1
    assert "Its name is not valid UTF-8. Rename it." in result.stdout
    assert len(stack.uploaded_keys()) == 3


def test_a_broken_result_is_reported(stack: FakeStack, photos: Path, frond: Run) -> None:
    # After the upload: an older result is of an earlier version of the photo, however slow the machine.
    assert frond("upload", photos / "a.jpg", "--no-wait").exit_code == 0
    stack.s3.put_object(Bucket=RESULTS, Key=f"results/{identifier('field 7/a.jpg')}.json", Body=b"[")
    result = frond("upload", photos / "a.jpg")
    assert result.exit_code == 1
    assert "Its result cannot be read" in result.stdout


def test_a_single_photo_and_a_named_batch_are_uploaded(stack: FakeStack, photos: Path, frond: Run) -> None:
    with stack.classifying():
        result = frond("upload", photos / "a.jpg", "--batch", "north/east/", "--output", "out.csv")
    assert result.exit_code == 0, result.output
    assert keys(stack.folder / "out.csv") == ["north/east/a.jpg"]
    assert frond("upload", photos / "a.jpg", "--batch", "..").exit_code == 1


def test_the_current_folder_gives_the_batch_its_name(
    stack: FakeStack, photos: Path, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos)
    assert frond("upload", ".", "--no-wait").exit_code == 0
    assert stack.uploaded_keys()[0] == "field 7/a.jpg"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty", "There are no photos in empty (1 other files). Photos have these extensions: jpg,"),
        ("empty/notes.txt", "There are no photos in empty/notes.txt"),
        ("nowhere", "There is no nowhere."),
        ("s3://nowhere/x", "There is no bucket nowhere."),
        (f"s3://{ELSEWHERE}/x", f"There are no photos in s3://{ELSEWHERE}/x"),
        (f"s3://{UPLOADS}/x", "in the uploads bucket already"),
    ],
)
def test_a_source_without_photos_is_reported(stack: FakeStack, frond: Run, name: str, message: str) -> None:
    (stack.folder / "empty").mkdir()
    (stack.folder / "empty" / "notes.txt").touch()
    stack.s3.put_object(Bucket=UPLOADS, Key="x/a.jpg", Body=b"x")
    result = frond("upload", name)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_photos_of_another_bucket_are_copied_once(stack: FakeStack, frond: Run) -> None:
    s3 = stack.s3
    names = ["trip/", "trip/ä + 1%.jpg", "trip/deep/b.png", "trip/notes.txt", "trip/.c.jpg", "trip2/d.jpg"]
    for name in names:
        s3.put_object(Bucket=ELSEWHERE, Key=name, Body=name.encode(), Metadata={"owner": "me"})
    parts = s3.create_multipart_upload(Bucket=ELSEWHERE, Key="trip/parts.jpg")["UploadId"]
    part = s3.upload_part(Bucket=ELSEWHERE, Key="trip/parts.jpg", UploadId=parts, PartNumber=1, Body=b"parts")
    s3.complete_multipart_upload(
        Bucket=ELSEWHERE,
        Key="trip/parts.jpg",
        UploadId=parts,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    stack.age(ELSEWHERE, "trip/parts.jpg", 60)
    with stack.classifying():
        result = frond("upload", f"s3://{ELSEWHERE}/trip/")
    assert result.exit_code == 0, result.output
    assert stack.uploaded_keys() == ["trip/deep/b.png", "trip/parts.jpg", "trip/ä + 1%.jpg"]
    assert keys(stack.folder / "trip.csv") == stack.uploaded_keys()
    copy = s3.head_object(Bucket=UPLOADS, Key="trip/ä + 1%.jpg")
    assert (copy["ContentType"], copy["Metadata"]) == ("image/jpeg", {})
    assert "1 file skipped" in result.stderr
    assert f"s3://{ELSEWHERE}/trip/deep/b.png" in {row["file"] for row in rows(stack.folder / "trip.csv")}

    stack.folder.joinpath("trip.csv").unlink()
    again = frond("upload", f"s3://{ELSEWHERE}/trip", "--max-wait", 0)
    assert again.exit_code == 0, again.output
    assert [stack.versions(key) for key in stack.uploaded_keys()] == [1, 1, 1]

    for key in stack.uploaded_keys():
        stack.age(UPLOADS, key, 30)
    s3.put_object(Bucket=ELSEWHERE, Key="trip/deep/b.png", Body=b"TRIP/deep/b.png")
    changed = frond("upload", f"s3://{ELSEWHERE}/trip", "--no-wait")
    assert changed.exit_code == 0, changed.output
    assert [stack.versions(key) for key in stack.uploaded_keys()] == [2, 1, 1]


def test_one_object_of_another_bucket_is_copied(stack: FakeStack, frond: Run) -> None:
    for name in ("trip/a.jpg", "trip/a.jpg.png", "b.jpg"):
        stack.s3.put_object(Bucket=ELSEWHERE, Key=name, Body=b"x")
    assert frond("upload", f"s3://{ELSEWHERE}/trip/a.jpg", "--no-wait").exit_code == 0
    assert frond("upload", f"s3://{ELSEWHERE}/b.jpg", "--no-wait").exit_code == 0
    assert stack.uploaded_keys() == [f"{ELSEWHERE}/b.jpg", "trip/a.jpg"]
