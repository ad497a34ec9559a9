"""The active detector is that of the registry's channel if that can be loaded, else the last good one."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from frond.manifest import MODEL_NAME
from frond.problems import UnknownPath
from frond.registry import Registry
from frond_classify.serving.detector_provider import DetectorProvider
from frond_classify.settings import ClassifySettings
from frond_classify.storage.aws_clients import AwsClients
from tests.support.tiny_detector import PlacedPlant, detector_folder
from tests.support.tiny_registry import ALICE, Bucket, moto_s3, new_bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ALWAYS = 1e-9
BAKED_IN, RELEASED = (
    [PlacedPlant((4, 4, 28, 24))],
    [PlacedPlant((34, 36, 60, 62)), PlacedPlant((4, 4, 28, 24))],
)


@pytest.fixture(scope="module")
def s3() -> Iterator["S3Client"]:
    with moto_s3() as client:
        yield client


@pytest.fixture
def bucket(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setattr(Registry, "open", lambda name, *_: Registry(s3, name))
    return new_bucket(s3)


@pytest.fixture
def settings(bucket: Bucket, tmp_path: Path) -> ClassifySettings:
    detector_folder(tmp_path / "baked-in" / "detection", BAKED_IN)
    return ClassifySettings(
        model_dir=tmp_path / "baked-in",
        models_bucket=bucket.name,
        models_cache=tmp_path / "cache",
        channel_refresh_seconds=ALWAYS,
        threads=1,
    )


def promote(bucket: Bucket, folder: Path) -> str:
    """Release a detector and point the channel at it."""
    directory, manifest = detector_folder(folder, RELEASED)
    bucket.registry.versions.publish(manifest, {MODEL_NAME: directory / MODEL_NAME})
    channels = bucket.registry.channels
    channels.advance(channels.pointer("detection-stable"), manifest.version, ALICE)
    return manifest.version


def plants(provider: DetectorProvider) -> int:
    return len(provider.refresh().detect(np.zeros((48, 64, 3), np.uint8)))


def test_a_release_replaces_the_baked_in_detector(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path
) -> None:
    provider = DetectorProvider(settings, AwsClients())
    assert plants(provider) == 1

    version = promote(bucket, tmp_path / "release")

    assert plants(provider) == 2
    assert provider.refresh().manifest.version == version
    # It is not downloaded again by another process of this machine.
    bucket.delete(f"models/{version}/{MODEL_NAME}")
    assert plants(DetectorProvider(settings, AwsClients())) == 2


def test_a_broken_release_leaves_the_last_good_detector(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path
) -> None:
    provider = DetectorProvider(settings, AwsClients())
    version = promote(bucket, tmp_path / "release")
    bucket.put(f"models/{version}/{MODEL_NAME}", b"damaged")

    assert plants(provider) == 1


def test_a_service_without_any_detector_has_no_such_path(settings: ClassifySettings, tmp_path: Path) -> None:
    provider = DetectorProvider(
        settings.model_copy(update={"model_dir": tmp_path, "models_bucket": ""}), AwsClients()
    )
    with pytest.raises(UnknownPath, match="no detector"):
        provider.refresh()


def test_a_damaged_baked_in_detector_is_no_problem_of_the_request(settings: ClassifySettings) -> None:
    (settings.model_dir / "detection" / MODEL_NAME).write_bytes(b"damaged")
    with pytest.raises(RuntimeError, match=r"The detector cannot be used: model\.tflite does not match"):
        DetectorProvider(settings.model_copy(update={"models_bucket": ""}), AwsClients()).refresh()
