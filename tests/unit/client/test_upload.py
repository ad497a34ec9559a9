"""A folder through the S3 door."""

import csv
import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from frond_client.uploads import source
from frond_client.uploads.photo import FilePhoto
from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.small_stack import (
    ELSEWHERE,
    RESULTS,
    UPLOADS,
    SmallStack,
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


def test_a_folder_is_classified(stack: SmallStack, photos: Path, frond: Run) -> None:
    (photos / "d.HEIC").write_bytes(b"d")
    answers = {"field 7/b.png": failed("The file is cut off."), "field 7/c.webp": succeeded("not_recognised")}
    with stack.classifying(lambda key: answers.get(key, succeeded())):
        result = frond("upload", photos)
    assert result.exit_code == 0, result.output
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
    }
    assert found["field 7/b.png"]["error"] == "The file is cut off."
    types = [stack.s3.head_object(Bucket=UPLOADS, Key=key)["ContentType"] for key in stack.uploaded()]
    assert types == ["image/jpeg", "image/png", "image/webp", "image/heic"]
    said = flat(result.stdout)
    assert "identified │ 2" in said
    assert "not recognised │ 1" in said
    assert "Zea mays (Maize) │ 2" in said
    assert "1 photo could not be classified: The file is cut off." in said
    assert "4 photos: 4 sent now" in said
    assert "a second" in said


NAMES = [
    "a b.jpg",
    "a+b.jpg",
    "100%25.jpg",
    "Löwenzahn 🌱.jpg",
    'say "x", y.jpg',
    "[red]x:smile:.jpg",
]


def test_names_may_hold_anything(stack: SmallStack, frond: Run) -> None:
    folder = stack.folder / "odd & names" / "deep"
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_bytes(name.encode())
    expected = sorted(f"odd & names/deep/{name}" for name in NAMES)
    with stack.classifying(lambda key: failed(f"no: {key}")):
        first = frond("upload", folder.parent)
    assert first.exit_code == 0, first.output
    assert stack.uploaded() == expected
    assert keys(stack.folder / "odd & names.csv") == expected
    assert "[red]x:smile:.jpg" in first.stdout
    again = frond("upload", folder.parent, "--patience", 0)
    assert again.exit_code == 0, again.output
    assert "0 sent now, 0 were uploaded already, 6 were finished already" in again.stdout


def test_what_is_no_photo_is_passed_over(stack: SmallStack, photos: Path, frond: Run) -> None:
    hidden = photos / ".thumbnails"
    hidden.mkdir()
    for path in (photos / "notes.txt", photos / "jpg", photos / ".hidden.jpg", hidden / "e.jpg"):
        path.write_bytes(b"x")
    result = frond("upload", photos, "--no-wait")
    assert result.exit_code == 0, result.output
    assert stack.uploaded() == ["field 7/a.jpg", "field 7/b.png", "field 7/c.webp"]
    assert "2 files passed over" in result.stderr


def test_the_second_run_sends_nothing_and_leaves_the_file_alone(
    stack: SmallStack, photos: Path, frond: Run
) -> None:
    with stack.classifying():
        frond("upload", photos)
    before = (stack.folder / "field 7.csv").read_bytes()
    result = frond("upload", photos, "--patience", 0)
    assert result.exit_code == 0, result.output
    assert (stack.folder / "field 7.csv").read_bytes() == before
    assert [stack.versions(key) for key in stack.uploaded()] == [1, 1, 1]
    assert "identified │ 3" in flat(result.stdout)


def test_what_is_pending_is_followed_later_and_not_sent_again(
    stack: SmallStack, photos: Path, frond: Run
) -> None:
    first = frond("upload", photos, "--patience", 0)
    assert first.exit_code == 2, first.output
    assert "3 results still pending" in first.stdout
    assert "same command again" in first.stdout
    assert not (stack.folder / "field 7.csv").exists()
    stack.answer("field 7/b.png", succeeded())
    second = frond("upload", photos, "--patience", 0)
    assert second.exit_code == 2
    assert keys(stack.folder / "field 7.csv") == ["field 7/b.png"]
    with stack.classifying():
        third = frond("upload", photos)
    assert third.exit_code == 0, third.output
    assert keys(stack.folder / "field 7.csv") == stack.uploaded()
    assert [stack.versions(key) for key in stack.uploaded()] == [1, 1, 1]
    assert "0 sent now, 2 were uploaded already, 1 were finished already" in flat(third.stdout)


def test_a_stopped_upload_sends_the_rest(stack: SmallStack, photos: Path, frond: Run) -> None:
    stack.s3.put_object(Bucket=UPLOADS, Key="field 7/a.jpg", Body=b"a.jpg")
    stack.s3.put_object(Bucket=UPLOADS, Key="field 7/b.png", Body=b"other")
    result = frond("upload", photos, "--no-wait")
    assert result.exit_code == 0
    assert "2 sent now, 1 were uploaded already" in flat(result.stdout)
    assert {key: stack.versions(key) for key in stack.uploaded()} == {
        "field 7/a.jpg": 1,
        "field 7/b.png": 2,
        "field 7/c.webp": 1,
    }


def test_a_changed_file_loses_its_row_until_it_is_classified_anew(
    stack: SmallStack, photos: Path, frond: Run
) -> None:
    with stack.classifying():
        frond("upload", photos)
    for key in stack.uploaded():
        stack.age(UPLOADS, key, 60)
        stack.age_result(key, 60)
    (photos / "a.jpg").write_bytes(b"A.jpg")
    waiting = frond("upload", photos, "--patience", 0)
    assert waiting.exit_code == 2, waiting.output
    assert keys(stack.folder / "field 7.csv") == ["field 7/b.png", "field 7/c.webp"]
    with stack.classifying(lambda _: succeeded(version="newer")):
        result = frond("upload", photos)
    assert result.exit_code == 0, result.output
    assert stack.versions("field 7/a.jpg") == 2
    versions = {row["key"]: row["model_version"] for row in rows(stack.folder / "field 7.csv")}
    assert len(versions) == len(rows(stack.folder / "field 7.csv")) == 3
    assert versions["field 7/a.jpg"] == "newer"
    assert versions["field 7/b.png"] != "newer"


def test_a_result_older_than_the_upload_is_not_its_result(
    stack: SmallStack, photos: Path, frond: Run
) -> None:
    stack.answer("field 7/a.jpg", succeeded())
    stack.age_result("field 7/a.jpg", 60)
    result = frond("upload", photos / "a.jpg", "--patience", 0)
    assert result.exit_code == 2, result.output
    assert stack.uploaded() == ["field 7/a.jpg"]
    stack.age(UPLOADS, "field 7/a.jpg", 3600)
    assert frond("upload", photos / "a.jpg", "--patience", 0).exit_code == 0


@pytest.mark.parametrize("status", ["queued", "running"])
def test_what_is_not_final_is_no_result(stack: SmallStack, photos: Path, frond: Run, status: str) -> None:
    frond("upload", photos / "a.jpg", "--no-wait")
    stack.answer("field 7/a.jpg", succeeded() | {"status": status})
    assert frond("upload", photos / "a.jpg", "--patience", 0).exit_code == 2
    stack.answer("field 7/a.jpg", succeeded())
    assert frond("upload", photos / "a.jpg", "--patience", 0).exit_code == 0


def test_finished_photos_that_expired_are_not_sent_again(stack: SmallStack, photos: Path, frond: Run) -> None:
    with stack.classifying():
        frond("upload", photos)
    for key in stack.uploaded():
        stack.s3.delete_object(Bucket=UPLOADS, Key=key)
    later = (stack.folder / "field 7.csv").stat().st_mtime + 60
    os.utime(photos / "b.png", (later, later))
    result = frond("upload", photos, "--patience", 0, "--no-wait")
    assert result.exit_code == 0, result.output
    assert stack.uploaded() == ["field 7/b.png"]


def test_a_half_row_is_dropped_and_fetched_again(stack: SmallStack, photos: Path, frond: Run) -> None:
    with stack.classifying():
        frond("upload", photos)
    file = stack.folder / "field 7.csv"
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    result = frond("upload", photos, "--patience", 0)
    assert result.exit_code == 0, result.output
    assert file.read_bytes() == whole
    assert [stack.versions(key) for key in stack.uploaded()] == [1, 1, 1]


def test_a_cut_header_is_made_whole(stack: SmallStack, photos: Path, frond: Run) -> None:
    (stack.folder / "field 7.csv").write_text("file,key,i")
    with stack.classifying():
        assert frond("upload", photos).exit_code == 0
    assert keys(stack.folder / "field 7.csv") == stack.uploaded()


@pytest.mark.parametrize(
    "content", [b"\xff\xd8\xff\xe0", b"a,b\n1,2\n", b"my notes", b"file,key\nx,y\n", b'"']
)
def test_another_file_is_never_overwritten(
    stack: SmallStack, photos: Path, frond: Run, content: bytes
) -> None:
    other = stack.folder / "other.csv"
    other.write_bytes(content)
    result = frond("upload", photos, "--to", other)
    assert result.exit_code == 1
    assert "not a file of results. Name another with --to." in result.stderr
    assert other.read_bytes() == content
    assert stack.uploaded() == []


def test_results_that_cannot_be_written_are_told_before_anything_is_sent(
    stack: SmallStack, photos: Path, frond: Run
) -> None:
    result = frond("upload", photos, "--to", stack.folder / "nowhere" / "x.csv")
    assert result.exit_code == 1
    assert "no folder to write in" in result.stderr
    assert stack.uploaded() == []


def test_a_large_photo_is_refused_and_the_others_are_not(
    stack: SmallStack, photos: Path, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MOST_BYTES", 2000)
    (photos / "just.jpg").write_bytes(bytes(2000))
    (photos / "large.jpg").write_bytes(bytes(2001))
    with stack.classifying():
        result = frond("upload", photos)
    assert result.exit_code == 1
    assert "1 photo refused: It is larger than 2,000 bytes" in result.stdout
    assert "large.jpg" in result.stdout
    assert "field 7/just.jpg" in stack.uploaded()
    assert keys(stack.folder / "field 7.csv") == stack.uploaded()
    assert len(stack.uploaded()) == 4


def test_the_limit_is_that_of_the_template() -> None:
    template = (ROOT / "template.yaml").read_text()
    default = template.partition("MaxUploadBytes:")[2].partition("Default:")[2].split()[0]
    assert int(default) == source.MOST_BYTES


def test_one_that_cannot_be_read_or_sent_stops_no_other(
    stack: SmallStack, photos: Path, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = FilePhoto.send

    def sent(photo: FilePhoto, *where: object) -> object:
        if photo.path.name == "b.png":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, "PutObject")
        if photo.path.name == "c.webp":
            raise OSError(5, "Input/output error")
        return send(photo, *where)  # type: ignore[arg-type]

    monkeypatch.setattr(FilePhoto, "send", sent)
    (photos / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(photos / "pipe.jpg")
    with stack.classifying():
        result = frond("upload", photos)
    assert result.exit_code == 1
    assert keys(stack.folder / "field 7.csv") == ["field 7/a.jpg"]
    said = flat(result.stdout)
    assert "refused: It cannot be read: No such file or directory." in said
    assert "refused: It is not a file." in said
    assert "failed: AWS refuses PutObject: No. Ask who runs the stack for this permission." in said
    assert "failed: It cannot be read: [Errno 5] Input/output error." in said


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_text_is_refused(stack: SmallStack, photos: Path, frond: Run) -> None:
    Path(os.fsdecode(bytes(photos) + b"/\xff.jpg")).write_bytes(b"x")
    result = frond("upload", photos, "--no-wait")
    assert result.exit_code == 1
    assert "Its name is not valid UTF-8. Rename it." in result.stdout
    assert len(stack.uploaded()) == 3


def test_a_broken_result_is_told(stack: SmallStack, photos: Path, frond: Run) -> None:
    stack.s3.put_object(Bucket=RESULTS, Key=f"results/{identifier('field 7/a.jpg')}.json", Body=b"[")
    result = frond("upload", photos / "a.jpg")
    assert result.exit_code == 1
    assert "Its result cannot be read" in result.stdout


def test_a_single_photo_and_a_named_batch(stack: SmallStack, photos: Path, frond: Run) -> None:
    with stack.classifying():
        result = frond("upload", photos / "a.jpg", "--batch", "north/east/", "--to", "out.csv")
    assert result.exit_code == 0, result.output
    assert keys(stack.folder / "out.csv") == ["north/east/a.jpg"]
    assert frond("upload", photos / "a.jpg", "--batch", "..").exit_code == 1


def test_the_folder_here_is_named_as_it_is(
    stack: SmallStack, photos: Path, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos)
    assert frond("upload", ".", "--no-wait").exit_code == 0
    assert stack.uploaded()[0] == "field 7/a.jpg"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("empty", "There are no photos in empty (1 other files). Photos are files with these endings: jpg,"),
        ("empty/notes.txt", "There are no photos in empty/notes.txt"),
        ("nowhere", "There is no nowhere."),
        ("s3://nowhere/x", "There is no bucket nowhere."),
        (f"s3://{ELSEWHERE}/x", f"There are no photos in s3://{ELSEWHERE}/x"),
        (f"s3://{UPLOADS}/x", "in the uploads bucket already"),
    ],
)
def test_a_source_without_photos(stack: SmallStack, frond: Run, name: str, said: str) -> None:
    (stack.folder / "empty").mkdir()
    (stack.folder / "empty" / "notes.txt").touch()
    stack.s3.put_object(Bucket=UPLOADS, Key="x/a.jpg", Body=b"x")
    result = frond("upload", name)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_another_bucket_is_copied_once(stack: SmallStack, frond: Run) -> None:
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
    assert stack.uploaded() == ["trip/deep/b.png", "trip/parts.jpg", "trip/ä + 1%.jpg"]
    assert keys(stack.folder / "trip.csv") == stack.uploaded()
    copy = s3.head_object(Bucket=UPLOADS, Key="trip/ä + 1%.jpg")
    assert (copy["ContentType"], copy["Metadata"]) == ("image/jpeg", {})
    assert "1 file passed over" in result.stderr
    assert f"s3://{ELSEWHERE}/trip/deep/b.png" in {row["file"] for row in rows(stack.folder / "trip.csv")}

    stack.folder.joinpath("trip.csv").unlink()
    again = frond("upload", f"s3://{ELSEWHERE}/trip", "--patience", 0)
    assert again.exit_code == 0, again.output
    assert [stack.versions(key) for key in stack.uploaded()] == [1, 1, 1]

    for key in stack.uploaded():
        stack.age(UPLOADS, key, 30)
    s3.put_object(Bucket=ELSEWHERE, Key="trip/deep/b.png", Body=b"TRIP/deep/b.png")
    changed = frond("upload", f"s3://{ELSEWHERE}/trip", "--no-wait")
    assert changed.exit_code == 0, changed.output
    assert [stack.versions(key) for key in stack.uploaded()] == [2, 1, 1]


def test_one_object_of_another_bucket(stack: SmallStack, frond: Run) -> None:
    for name in ("trip/a.jpg", "trip/a.jpg.png", "b.jpg"):
        stack.s3.put_object(Bucket=ELSEWHERE, Key=name, Body=b"x")
    assert frond("upload", f"s3://{ELSEWHERE}/trip/a.jpg", "--no-wait").exit_code == 0
    assert frond("upload", f"s3://{ELSEWHERE}/b.jpg", "--no-wait").exit_code == 0
    assert stack.uploaded() == [f"{ELSEWHERE}/b.jpg", "trip/a.jpg"]
