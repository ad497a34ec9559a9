"""Photos are listed, in folders and in buckets alike."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.unit.training.conftest import LICENSE, RECIPE, SHARES
from training.data import sources
from training.data.dataset import Dataset
from training.data.prepare import prepare
from training.data.sources import FolderSource, S3Source, open_source
from training.data.split import SplitConfig
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError

FILES = ["Maize/1.jpg", "Maize/older/2.JPG", "Common wheat/ä b+c.png", "Common wheat/notes.txt"]
FOUND = ["Common wheat/notes.txt", "Common wheat/ä b+c.png", "Maize/1.jpg", "Maize/older/2.JPG"]
NO_PHOTOS = [
    *("readme.md", ".cache/1.jpg", "Maize/.DS_Store", "@eaDir/Maize/1.jpg", "Maize/@eaDir/1.jpg/thumb.jpg"),
    *("__MACOSX/Maize/1.jpg", "Maize/.ipynb_checkpoints/1-checkpoint.jpg", "checkpoints/1.jpg"),
]


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    """An S3 server over HTTP, so that worker processes reach it too."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        environment.setenv("AWS_ACCESS_KEY_ID", "key")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        sources._s3.cache_clear()
        yield f"http://{host}:{port}"
        sources._s3.cache_clear()
    server.stop()


@pytest.fixture(scope="module")
def bucket(cloud: str) -> str:
    boto3.client("s3").create_bucket(
        Bucket="photos", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return "photos"


class TestFolderSource:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        for name in FILES + NO_PHOTOS:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
        return tmp_path

    def test_files_are_sorted(self, root: Path) -> None:
        assert FolderSource(root).list_keys() == FOUND

    def test_read_returns_the_files_bytes(self, root: Path) -> None:
        assert FolderSource(root).read("Maize/older/2.JPG") == b"Maize/older/2.JPG"

    def test_special_files_are_passed_over(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo(root / "Maize" / "pipe.jpg")
        (root / "Maize" / "device.jpg").symlink_to("/dev/zero")
        monkeypatch.chdir(root / "Maize")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket.jpg")
        assert FolderSource(root).list_keys() == FOUND

    def test_folders_of_the_system_are_no_empty_folders(self, root: Path) -> None:
        (root / "bare").mkdir()
        assert FolderSource(root).empty_folders() == ["bare"]

    def test_an_empty_folder_has_no_photos(self, tmp_path: Path) -> None:
        assert FolderSource(tmp_path).list_keys() == []

    def test_a_missing_folder_is_reported(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="nowhere is not a folder"):
            FolderSource(tmp_path / "nowhere").list_keys()

    def test_a_name_that_is_not_utf8_is_rejected(self, root: Path) -> None:
        (root / "Maize" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
        with pytest.raises(TrainingError, match="not UTF-8; rename it"):
            FolderSource(root).list_keys()

    def test_the_name_is_the_folders(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(root / "Maize")
        assert open_source(".").name == "Maize"


class TestS3Source:
    @pytest.mark.parametrize("prefix", ["", "sets/first"])
    def test_objects_are_sorted(self, bucket: str, prefix: str) -> None:
        client = boto3.client("s3")
        base = f"{prefix}/" if prefix else ""
        for name in FILES + NO_PHOTOS:
            client.put_object(Bucket=bucket, Key=base + name, Body=name.encode())
        client.put_object(Bucket=bucket, Key=f"{base}Maize/", Body=b"")
        source = open_source(f"s3://{bucket}/{prefix}")
        assert [key for key in source.list_keys() if not key.startswith("sets/")] == FOUND
        assert source.read("Common wheat/ä b+c.png") == "Common wheat/ä b+c.png".encode()

    def test_a_key_with_an_empty_segment_is_read(self, bucket: str) -> None:
        boto3.client("s3").put_object(Bucket=bucket, Key="odd/Maize//1.jpg", Body=b"odd")
        source = S3Source(f"s3://{bucket}/odd/")
        assert source.list_keys() == ["Maize//1.jpg"]
        assert source.read("Maize//1.jpg") == b"odd"

    def test_listing_follows_pages(self, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "3")
        client = boto3.client("s3")
        for number in range(10):
            client.put_object(Bucket=bucket, Key=f"many/Maize/{number}.jpg", Body=b"")
        assert len(client.list_objects_v2(Bucket=bucket, Prefix="many")["Contents"]) == 3
        assert len(S3Source(f"s3://{bucket}/many").list_keys()) == 10

    @pytest.mark.parametrize(
        "address", ["s3://no-such-bucket/photos", "s3://", "s3:///photos", "s3://a_b!/c"]
    )
    def test_an_unlistable_bucket_is_reported(self, cloud: str, address: str) -> None:
        with pytest.raises(TrainingError, match="Cannot list s3://"):
            open_source(address).list_keys()

    @pytest.mark.parametrize(
        ("address", "name"),
        [("s3://photos", "photos"), ("s3://photos/", "photos"), ("s3://photos/a/b/", "b")],
    )
    def test_the_name_is_the_last_segment(self, address: str, name: str) -> None:
        assert open_source(address).name == name

    def test_a_bucket_and_a_folder_give_the_same_data_set(
        self, bucket: str, class_folders: Path, prepared: Dataset, tmp_path: Path
    ) -> None:
        client = boto3.client("s3")
        for path in class_folders.glob("*/*.jpg"):
            key = f"garden/{path.relative_to(class_folders).as_posix()}"
            client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        card = prepare(
            S3Source(f"s3://{bucket}/garden"),
            tmp_path / "set",
            RECIPE,
            Taxonomy(),
            SplitConfig(SHARES),
            workers=2,
            license_terms=LICENSE,
        )
        same = Dataset(tmp_path / "set")
        assert card.model_dump(exclude={"created_at"}) == prepared.card.model_dump(exclude={"created_at"})
        assert same.rows == prepared.rows
        assert (same.pictures == prepared.pictures).all()
