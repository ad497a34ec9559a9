"""Versions: there when their manifest is, whole, and the same for ever."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from frond.manifest import MODEL_NAME
from frond.problems import InvalidModel
from frond.registry import (
    Registry,
    RegistryError,
    UnknownVersionError,
    UnreachableError,
    VersionExistsError,
)
from tests.support.tiny_registry import Bucket, model_folder, publish


def files_of(directory: Path) -> dict[str, Path]:
    return {name: directory / name for name in (MODEL_NAME, "report/index.html", "NOTICE.md")}


def test_round_trip(registry: Registry, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model")

    assert registry.versions.publish(manifest, files_of(directory))
    assert list(registry.versions.released()) == [manifest.version]
    assert registry.versions.manifest(manifest.version) == manifest
    assert registry.versions.model(manifest.version) == (directory / MODEL_NAME).read_bytes()


def test_gallery_pictures_of_a_version(bucket: Bucket, registry: Registry, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    photo = directory / "report" / "maïs-1.jpg"
    photo.write_bytes(b"a photo of maize")
    registry.versions.publish(manifest, files_of(directory) | {"report/gallery/maïs-1.jpg": photo})

    assert registry.versions.picture(manifest.version, "maïs-1") == b"a photo of maize"
    assert registry.versions.picture(manifest.version, "zea-mays") is None
    assert registry.versions.picture("2020.01.01-00000000", "maïs-1") is None


@pytest.mark.parametrize("slug", ["", "../../secret", "a/b", "secret.jpg", "a\n", "-a", "a--b", "玉" * 400])
def test_an_invalid_slug_has_no_picture(bucket: Bucket, registry: Registry, slug: str) -> None:
    bucket.put(f"models/v/report/gallery/{slug}.jpg"[:300], b"a secret")
    bucket.put("models/v/secret.jpg", b"a secret")

    assert registry.versions.picture("v", slug) is None


def test_the_manifest_is_written_last(bucket: Bucket, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    written: list[str] = []
    with bucket.before("PutObject", lambda params, **_: written.append(params["url_path"])):
        bucket.registry.versions.publish(manifest, files_of(directory))

    assert len(written) == 4
    assert written[-1].endswith("/manifest.json")


def test_an_interrupted_release_is_invisible_and_can_be_run_again(
    bucket: Bucket, registry: Registry, tmp_path: Path
) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    prefix = f"models/{manifest.version}"
    bucket.put(f"{prefix}/{MODEL_NAME}", (directory / MODEL_NAME).read_bytes())
    bucket.put(f"{prefix}/report/index.html", b"of an evaluation before")

    assert registry.versions.released() == {}
    with pytest.raises(UnknownVersionError):
        registry.versions.manifest(manifest.version)

    assert registry.versions.publish(manifest, files_of(directory))
    assert bucket.get(f"{prefix}/report/index.html") == (directory / "report/index.html").read_bytes()
    assert list(registry.versions.released()) == [manifest.version]


def test_a_released_version_is_not_changed(bucket: Bucket, registry: Registry, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    registry.versions.publish(manifest, files_of(directory))
    (directory / "NOTICE.md").write_text("something else")

    assert not registry.versions.publish(manifest, files_of(directory))
    assert bucket.get(f"models/{manifest.version}/NOTICE.md") != b"something else"

    changed = manifest.model_copy(update={"temperature": 2.0})
    with pytest.raises(VersionExistsError, match="never changes"):
        registry.versions.publish(changed, files_of(directory))
    assert registry.versions.manifest(manifest.version) == manifest


def test_two_concurrent_releases_of_one_version_succeed(
    bucket: Bucket, registry: Registry, tmp_path: Path
) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    other = Registry(bucket.s3, bucket.name)

    def meanwhile(name: str, count: int) -> None:
        if not other.versions.released():
            other.versions.publish(manifest, files_of(directory))

    assert not registry.versions.publish(manifest, files_of(directory), meanwhile)
    assert registry.versions.manifest(manifest.version) == manifest


def test_progress_reaches_the_last_byte(registry: Registry, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    sent: dict[str, int] = {}

    registry.versions.publish(manifest, files_of(directory), sent.__setitem__)

    assert sent == {name: path.stat().st_size for name, path in files_of(directory).items()}


@pytest.mark.parametrize("content", [b"", b"not JSON", b"{}"], ids=["empty", "text", "an empty object"])
def test_a_broken_manifest_is_reported(
    bucket: Bucket, registry: Registry, tmp_path: Path, content: bytes
) -> None:
    version = publish(registry, tmp_path)
    bucket.put(f"models/{version}/manifest.json", content)

    with pytest.raises(InvalidModel, match=f"s3://{bucket.name}/models/{version}/manifest.json"):
        registry.versions.manifest(version)


def test_another_versions_manifest_is_rejected(bucket: Bucket, registry: Registry, tmp_path: Path) -> None:
    one, other = publish(registry, tmp_path, 0), publish(registry, tmp_path, 1)
    bucket.put(f"models/{one}/manifest.json", bucket.get(f"models/{other}/manifest.json"))

    with pytest.raises(RegistryError, match=f"is the manifest of {other}"):
        registry.versions.manifest(one)


def test_a_missing_model_is_reported(bucket: Bucket, registry: Registry, tmp_path: Path) -> None:
    version = publish(registry, tmp_path)
    bucket.delete(f"models/{version}/{MODEL_NAME}")

    with pytest.raises(UnknownVersionError, match="is missing"):
        registry.versions.model(version)


def test_a_download_times_out(registry: Registry, tmp_path: Path) -> None:
    version = publish(registry, tmp_path)

    with pytest.raises(UnreachableError, match="was not transferred within 0 s"):
        registry.versions.model(version, seconds=0)


def test_a_missing_bucket_is_reported(bucket: Bucket) -> None:
    nowhere = Registry(bucket.s3, "no-such-bucket")

    with pytest.raises(UnreachableError, match="no bucket no-such-bucket"):
        nowhere.channels.pointer("stable")
    with pytest.raises(UnreachableError, match="no bucket no-such-bucket"):
        nowhere.versions.released()


ANSWERS = {
    "AccessDenied": "ask the owner",
    "ExpiredToken": "sign in again",
    "SlowDown": "SlowDown",
}


@pytest.mark.parametrize(("code", "advice"), ANSWERS.items(), ids=ANSWERS)
def test_errors_of_s3_say_what_to_do(bucket: Bucket, code: str, advice: str) -> None:
    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": code}}, "GetObject")

    with bucket.before("GetObject", refuse), pytest.raises(UnreachableError, match=advice):
        bucket.registry.channels.pointer("stable")


def test_a_lost_connection_says_what_to_do(bucket: Bucket) -> None:
    def lose(**_: object) -> None:
        raise ConnectionClosedError(endpoint_url="https://s3")

    with bucket.before("GetObject", lose), pytest.raises(UnreachableError, match="is unreachable"):
        bucket.registry.channels.pointer("stable")
