"""Photo files: listed below a folder or a prefix, and read one by one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from batch import photo_files, run_storage
from batch.errors import BatchError
from batch.photo_files import MAX_BYTES, ListedPhoto, list_photos, read_ahead, read_content
from batch.run_storage import open_storage, s3_client

BUCKET = "photos"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3_client.cache_clear()
        s3_client().create_bucket(Bucket=BUCKET)
        yield f"s3://{BUCKET}"
    s3_client.cache_clear()


def test_a_folder_is_listed_in_order_with_labels(labelled_photos: Path) -> None:
    listed = list(list_photos(str(labelled_photos)))
    assert [(photo.label, Path(photo.path).name) for photo in listed] == [
        (None, "no-folder.JPG"),
        ("Weeds [a=1] ü", "galium-aparine.jpg"),
        ("Weeds [a=1] ü", "sinapis-arvensis.jpg"),
        ("Weeds [a=1] ü", "stellaria-media.jpg"),
        ("plant-0", "=broken.jpg"),
        ("plant-0", "beta-vulgaris.jpg"),
        ("plant-0", "zea-mays.jpg"),
    ]
    assert all(photo.bytes == Path(photo.path).stat().st_size for photo in listed)


def test_a_prefix_has_the_same_labels(bucket: str) -> None:
    names = ("fruits/a.jpg", "fruits/red apple/b ü%25.png", "fruits/red apple/.c.jpg", "fruits/x/")
    for key in (*names, "fruits2/d.jpg"):
        s3_client().put_object(Bucket=BUCKET, Key=key, Body=b"123")
    assert list(list_photos(f"{bucket}/fruits/")) == [
        ListedPhoto("s3://photos/fruits/a.jpg", None, 3),
        ListedPhoto("s3://photos/fruits/red apple/b ü%25.png", "red apple", 3),
    ]
    assert len(list(list_photos(bucket))) == 3


def test_photos_are_read_ahead_in_order_and_not_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_files, "READ_AT_ONCE", 3)
    listed: list[ListedPhoto] = []
    taken: list[ListedPhoto] = []
    for number in range(10):
        (tmp_path / f"{number}.jpg").write_bytes(str(number).encode())
        listed.append(ListedPhoto(str(tmp_path / f"{number}.jpg"), None, 1))
    (tmp_path / "4.jpg").unlink()

    def take() -> Iterator[ListedPhoto]:
        for photo in listed:
            taken.append(photo)
            yield photo

    found = []
    for photo, read in read_ahead(take()):
        found.append((photo, read.content, read.problem))
        assert len(taken) <= len(found) + 2
    contents = [None if number == 4 else str(number).encode() for number in range(10)]
    problems = ["vanished-photo" if number == 4 else None for number in range(10)]
    assert found == list(zip(listed, contents, problems, strict=True))


def test_content_is_read_from_both(bucket: str, tmp_path: Path) -> None:
    s3_client().put_object(Bucket=BUCKET, Key="a b%20.jpg", Body=b"123")
    (tmp_path / "c.jpg").write_bytes(b"456")
    assert read_content(ListedPhoto(f"{bucket}/a b%20.jpg", None, 3)).content == b"123"
    assert read_content(ListedPhoto(str(tmp_path / "c.jpg"), None, 3)).content == b"456"


def test_what_cannot_be_read_is_a_problem_of_the_photo(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.jpg"
    assert read_content(ListedPhoto(f"{bucket}/gone.jpg", None, 3)).problem == "vanished-photo"
    assert read_content(ListedPhoto(str(tmp_path / "gone.jpg"), None, 3)).problem == "vanished-photo"
    assert read_content(ListedPhoto(str(large), None, MAX_BYTES + 1)).problem == "payload-too-large"

    def denied(_: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert read_content(ListedPhoto(str(large), None, 3)).problem == "access-denied"


@pytest.mark.parametrize(("code", "problem"), [("AccessDenied", "access-denied"), ("SlowDown", None)])
def test_only_permanent_errors_of_s3_are_problems(
    code: str, problem: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def get_object(self, **_: str) -> None:
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "GetObject")

    monkeypatch.setattr(photo_files, "s3_client", Refusing)
    photo = ListedPhoto("s3://photos/a.jpg", None, 3)
    if problem:
        assert read_content(photo).problem == problem
    else:
        with pytest.raises(ClientError):
            read_content(photo)


def test_a_root_that_cannot_be_listed(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="is not a folder"):
        list(list_photos(str(tmp_path / "nowhere")))
    with pytest.raises(BatchError, match="There is no bucket"):
        list(list_photos(f"{bucket}-of-nobody/fruits"))
    with pytest.raises(BatchError, match="names no bucket"):
        list(list_photos("s3:///fruits"))


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_storage_reads_what_it_wrote(kind: str, bucket: str, tmp_path: Path) -> None:
    opened = open_storage(str(tmp_path / "new") if kind == "folder" else f"{bucket}/runs/1/")
    assert opened.read("done/1.json") is None
    opened.write("done/1.json", b"1")
    opened.write("done/1.json", b"2")
    assert opened.read("done/1.json") == b"2"
    assert opened.url("rows").endswith("/rows")


def test_a_folder_that_spark_takes_for_a_pattern(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="choose another"):
        open_storage(str(tmp_path / "run [1]"))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BatchError, match="cannot be written"):
        run_storage.FolderStorage(tmp_path / "file").write("a", b"")
