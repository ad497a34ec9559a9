"""Prepared data sets in S3."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import numpy as np
import pytest
from moto import mock_aws

from training.data.dataset import PHOTOS_NAME, PICTURES_NAME, Dataset
from training.data.s3_dataset import local_dataset
from training.errors import TrainingError

BUCKET = "data"
LOCATION = f"s3://{BUCKET}/sets/garden/"


@pytest.fixture(autouse=True)
def stored(prepared: Dataset, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The data set in a bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for path in prepared.directory.iterdir():
            s3.upload_file(str(path), BUCKET, f"sets/garden/{path.name}")
        yield


def test_a_folder_is_itself(tmp_path: Path) -> None:
    assert local_dataset(str(tmp_path)) == tmp_path


def test_a_data_set_is_downloaded_once(prepared: Dataset, tmp_path: Path) -> None:
    folder = local_dataset(LOCATION, tmp_path)

    assert np.array_equal(Dataset(folder).pictures, prepared.pictures)
    assert Dataset(folder).card == prepared.card
    assert Dataset(folder).rows == prepared.rows
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=f"sets/garden/{PICTURES_NAME}")
    assert local_dataset(LOCATION.rstrip("/"), tmp_path) == folder
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == [folder.name]


def test_the_cache_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROND_CACHE", str(tmp_path / "cache"))
    assert local_dataset(LOCATION).parent == tmp_path / "cache" / "datasets"


def test_files_that_do_not_fit_their_card_are_refused(prepared: Dataset, tmp_path: Path) -> None:
    table = (prepared.directory / PHOTOS_NAME).read_text(encoding="utf-8")
    other = table.replace(prepared.rows[0].sha256, "0" * 64)
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"sets/garden/{PHOTOS_NAME}", Body=other.encode())

    with pytest.raises(TrainingError, match="do not fit their card"):
        local_dataset(LOCATION, tmp_path)

    assert not list((tmp_path / "datasets").iterdir())


@pytest.mark.parametrize("location", ["s3://data/sets/forest", "s3://nowhere/sets/garden", "s3://data"])
def test_a_missing_data_set_is_reported(location: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=f"Cannot read {location}"):
        local_dataset(location, tmp_path)
