"""The active model is the channel's if that can be loaded, else the last good one."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from frond.manifest import MANIFEST_NAME, MODEL_NAME
from frond.problems import InvalidModel
from frond.registry import Registry
from frond.telemetry import logger
from frond_classify.app import ClassifyApp, current_app, use_app
from frond_classify.serving import model_provider
from frond_classify.serving.model_cache import ModelCache
from frond_classify.serving.model_provider import ModelProvider
from frond_classify.settings import ClassifySettings
from frond_classify.storage.aws_clients import AwsClients
from tests.support.tiny_model import manifest_of, tiny_model
from tests.support.tiny_registry import ALICE, Bucket, model_folder, moto_s3, new_bucket, publish
from tests.unit.classify.conftest import Call

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OPEN = Registry.open
ALWAYS = 1e-9
BAKED_IN = 100


@pytest.fixture(scope="module")
def s3() -> Iterator["S3Client"]:
    with moto_s3() as client:
        yield client


@pytest.fixture
def bucket(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> Bucket:
    # A client for each provider would take most of these tests' time.
    monkeypatch.setattr(Registry, "open", lambda name, *_: Registry(s3, name))
    return new_bucket(s3)


@pytest.fixture
def settings(bucket: Bucket, tmp_path: Path) -> ClassifySettings:
    baked_in, _ = model_folder(tmp_path / "baked-in", seed=BAKED_IN)
    return ClassifySettings(
        model_dir=baked_in,
        models_bucket=bucket.name,
        models_cache=tmp_path / "cache",
        channel_refresh_seconds=ALWAYS,
        threads=1,
    )


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the versions that were loaded."""
    versions: list[str] = []
    load = ModelCache.load

    def watch(self: ModelCache, version: str) -> Any:
        versions.append(version)
        return load(self, version)

    monkeypatch.setattr(ModelCache, "load", watch)
    return versions


def promote(bucket: Bucket, version: str) -> None:
    channels = bucket.registry.channels
    channels.advance(channels.pointer("stable"), version, ALICE)


def provide(settings: ClassifySettings) -> ModelProvider:
    return ModelProvider(settings, AwsClients())


def serves(provider: ModelProvider) -> tuple[str, str]:
    active = provider.refresh()
    pixels = np.zeros((active.classifier.manifest.input.size,) * 2 + (3,), np.uint8)
    assert active.classifier.classify(pixels).candidates
    return active.classifier.manifest.version, active.source


def baked_in(settings: ClassifySettings) -> tuple[str, str]:
    return json.loads((settings.model_dir / MANIFEST_NAME).read_text())["version"], "baked-in"


@pytest.mark.parametrize("name", ["", None], ids=["no bucket", "nothing released"])
def test_without_a_release_the_baked_in_model_is_active(settings: ClassifySettings, name: str | None) -> None:
    provider = provide(settings if name is None else settings.model_copy(update={"models_bucket": name}))

    assert serves(provider) == baked_in(settings)


def test_a_release_is_active_from_the_start_until_the_next_one(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path
) -> None:
    first, second = (publish(bucket.registry, tmp_path, seed) for seed in (1, 2))
    promote(bucket, first)
    provider = provide(settings)
    in_flight = provider.refresh().classifier

    assert serves(provider) == (first, "stable")
    promote(bucket, second)
    assert serves(provider) == (second, "stable")
    assert provider.active.since.tzinfo is not None
    assert in_flight.manifest.version == first
    assert in_flight.classify(np.zeros((16, 16, 3), np.uint8)).candidates


def test_a_rollback_activates_the_earlier_release(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path
) -> None:
    first, second = (publish(bucket.registry, tmp_path, seed) for seed in (1, 2))
    promote(bucket, first)
    promote(bucket, second)
    provider = provide(settings)

    bucket.registry.channels.roll_back(bucket.registry.channels.pointer("stable"), ALICE)
    assert serves(provider) == (first, "stable")


def test_without_its_channel_the_baked_in_model_is_active_again(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path
) -> None:
    promote(bucket, publish(bucket.registry, tmp_path))
    provider = provide(settings)
    bucket.delete("channels/stable.json")

    assert serves(provider) == baked_in(settings)


def test_the_candidate_channel_can_be_followed(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path
) -> None:
    channels = bucket.registry.channels
    version = publish(bucket.registry, tmp_path)
    channels.advance(channels.pointer("candidate"), version, ALICE, "release")

    assert serves(provide(settings)) == baked_in(settings)
    assert serves(provide(settings.model_copy(update={"channel": "candidate"}))) == (version, "candidate")


def damage_model(bucket: Bucket, version: str) -> None:
    model = bytearray(bucket.get(f"models/{version}/{MODEL_NAME}"))
    model[-1] ^= 1
    bucket.put(f"models/{version}/{MODEL_NAME}", bytes(model))


def no_network(bucket: Bucket, version: str) -> None:
    content = b"TFL3 is not what this is"
    manifest = manifest_of(content).model_copy(update={"version": version})
    bucket.put(f"models/{version}/{MODEL_NAME}", content)
    bucket.put(f"models/{version}/{MANIFEST_NAME}", manifest.model_dump_json().encode())


def other_format(bucket: Bucket, version: str) -> None:
    key = f"models/{version}/{MANIFEST_NAME}"
    bucket.put(key, json.dumps(json.loads(bucket.get(key)) | {"format_version": 99}).encode())


def other_size(bucket: Bucket, version: str) -> None:
    manifest = manifest_of(tiny_model(seed=3), size=20).model_copy(update={"version": version})
    bucket.put(f"models/{version}/{MODEL_NAME}", tiny_model(seed=3))
    bucket.put(f"models/{version}/{MANIFEST_NAME}", manifest.model_dump_json().encode())


BAD = {
    "bytes that are not the manifest's": damage_model,
    "a file that LiteRT refuses": no_network,
    "a manifest of a later format": other_format,
    "another input size than the manifest's": other_size,
    "no manifest": lambda bucket, version: bucket.delete(f"models/{version}/{MANIFEST_NAME}"),
    "no model": lambda bucket, version: bucket.delete(f"models/{version}/{MODEL_NAME}"),
    "a manifest that is not JSON": lambda bucket, version: bucket.put(
        f"models/{version}/{MANIFEST_NAME}", b"none"
    ),
}


@pytest.mark.parametrize("damage", BAD.values(), ids=BAD)
def test_an_invalid_release_is_skipped_and_not_loaded_again(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path, loaded: list[str], damage: Any
) -> None:
    good, bad, better = (publish(bucket.registry, tmp_path, seed) for seed in (1, 2, 4))
    promote(bucket, good)
    provider = provide(settings)
    promote(bucket, bad)
    damage(bucket, bad)

    assert [serves(provider) for _ in range(3)] == [(good, "stable")] * 3
    assert loaded == [good, bad]
    assert serves(provide(settings)) == baked_in(settings)

    promote(bucket, better)
    assert serves(provider) == (better, "stable")


def test_an_invalid_channel_is_skipped_and_logged_once(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (publish(bucket.registry, tmp_path, seed) for seed in (1, 2))
    promote(bucket, first)
    provider = provide(settings)
    logged: list[str] = []
    monkeypatch.setattr(logger, "warning", lambda *_, reason, **__: logged.append(reason))
    bucket.put("channels/stable.json", b"?")

    assert [serves(provider) for _ in range(3)] == [(first, "stable")] * 3
    assert len(logged) == 1
    assert "channels/stable.json does not say" in logged[0]
    promote(bucket, second)
    assert serves(provider) == (second, "stable")


def test_while_s3_fails_the_last_good_model_is_active_and_the_poll_is_repeated(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (publish(bucket.registry, tmp_path, seed) for seed in (1, 2))
    promote(bucket, first)
    provider = provide(settings)
    promote(bucket, second)

    with monkeypatch.context() as outage:
        outage.setattr("frond_classify.serving.model_cache.DOWNLOAD_SECONDS", 0)
        assert serves(provider) == (first, "stable")
    assert serves(provider) == (second, "stable")


def test_after_a_cold_start_without_s3_the_baked_in_model_is_active(
    settings: ClassifySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registry, "open", OPEN)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    assert serves(provide(settings)) == baked_in(settings)


def test_the_channel_is_polled_only_when_due(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(model_provider, "monotonic", lambda: now)
    provider = provide(settings.model_copy(update={"channel_refresh_seconds": 300}))
    version = publish(bucket.registry, tmp_path)
    promote(bucket, version)

    now = 1299.0
    assert serves(provider) == baked_in(settings)
    now = 1300.0
    assert serves(provider) == (version, "stable")


def test_an_invalid_baked_in_model_stops_only_a_start_that_needs_it(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path
) -> None:
    (settings.model_dir / MODEL_NAME).write_bytes(b"")
    with pytest.raises(InvalidModel):
        provide(settings)

    version = publish(bucket.registry, tmp_path)
    promote(bucket, version)
    provider = provide(settings)
    bucket.delete("channels/stable.json")
    assert serves(provider) == (version, "stable")


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the versions whose model came from S3."""
    from frond.registry.versions import Versions

    versions: list[str] = []
    model = Versions.model

    def watch(self: Versions, version: str, seconds: float) -> bytes:
        versions.append(version)
        return model(self, version, seconds)

    monkeypatch.setattr(Versions, "model", watch)
    return versions


def load(registry: Registry, settings: ClassifySettings, version: str) -> str:
    cache = ModelCache(registry, settings.model_dir, settings.models_cache, 1)
    return cache.load(version).manifest.version


def test_a_model_is_downloaded_once_and_cached_by_its_hash(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path, downloads: list[str]
) -> None:
    version = publish(bucket.registry, tmp_path)

    assert load(bucket.registry, settings, version) == load(bucket.registry, settings, version) == version
    assert downloads == [version]
    (cached,) = settings.models_cache.iterdir()
    assert cached.stem == bucket.registry.versions.manifest(version).file.sha256

    cached.write_bytes(cached.read_bytes()[:-1] + b"?")
    assert load(bucket.registry, settings, version) == version
    assert downloads == [version] * 2


def test_the_baked_in_model_is_not_downloaded(
    bucket: Bucket, settings: ClassifySettings, tmp_path: Path, downloads: list[str]
) -> None:
    version = publish(bucket.registry, tmp_path, BAKED_IN)

    assert load(bucket.registry, settings, version) == version
    assert downloads == []


def test_at_most_two_models_are_cached(bucket: Bucket, settings: ClassifySettings, tmp_path: Path) -> None:
    versions = [publish(bucket.registry, tmp_path, seed) for seed in range(4)]
    for age, version in enumerate(versions):
        load(bucket.registry, settings, version)
        for file in settings.models_cache.iterdir():
            if bucket.registry.versions.manifest(version).file.sha256 == file.stem:
                os.utime(file, (age, age))

    cached = {file.stem for file in settings.models_cache.iterdir()}
    assert cached == {bucket.registry.versions.manifest(v).file.sha256 for v in versions[2:]}


def test_a_full_disk_does_not_matter(bucket: Bucket, settings: ClassifySettings, tmp_path: Path) -> None:
    version = publish(bucket.registry, tmp_path)
    settings.models_cache.write_bytes(b"a file where the folder should be")

    assert load(bucket.registry, settings, version) == version


def test_the_api_serves_a_release_of_another_input_size(
    bucket: Bucket,
    settings: ClassifySettings,
    tmp_path: Path,
    call: Call,
    maize: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    promote(bucket, version := publish(bucket.registry, tmp_path, size=24))
    monkeypatch.setattr(Registry, "open", OPEN)
    before = current_app()
    use_app(ClassifyApp(settings))
    try:
        answer = call("POST", "/v1/classifications", maize, "image/jpeg").json
        model, health = (call("GET", f"/v1/{name}").json for name in ("model", "health"))
        species = call("GET", "/v1/species").json["species"]
    finally:
        use_app(before)

    assert answer["model"] == health["model"] == {"version": version}
    assert (model["version"], model["source"], model["input"]["size"]) == (version, "stable", 24)
    assert model["since"]
    assert [s["species"] for s in species] == ["plant-0", "plant-1", "plant-2"]
    assert {p["species"] for p in answer["predictions"]} == {"plant-0", "plant-1", "plant-2"}
