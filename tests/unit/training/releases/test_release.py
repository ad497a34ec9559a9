"""Release, promote, roll back and list, as a person at a terminal meets them."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from frond.registry import Registry
from tests.support.tiny_registry import ALICE, METRICS, Bucket, model_folder, moto_s3, new_bucket
from training.__main__ import main
from training.artifacts.predictions import PredictionRow, predictions_csv
from training.releases import registry as access

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Run = Callable[..., str]
BAD: dict[str, Any] = {"agreement": {"top1": 0.6}}


@pytest.fixture(scope="module")
def s3() -> Iterator["S3Client"]:
    with moto_s3() as client:
        yield client


@pytest.fixture
def bucket(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> Bucket:
    made = new_bucket(s3)
    monkeypatch.setattr(Registry, "open", lambda name, _: Registry(s3, name))
    monkeypatch.setattr(access, "_arn", lambda: f"arn:aws:iam::1:user/{ALICE}")
    monkeypatch.setenv("FROND_MODELS_BUCKET", f"s3://{made.name}")
    monkeypatch.setenv("COLUMNS", "200")
    return made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command and returns what it says, on both ends."""

    def command(*arguments: str | Path, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["training", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        output = capsys.readouterr()
        assert end.value.code == code, output
        assert "Traceback" not in output.err
        return output.out + output.err

    return command


def released(run: Run, folder: Path, seed: int, *options: str, **changes: Any) -> str:
    directory, manifest = model_folder(folder / str(seed), seed, **changes)
    run("release", directory, *options)
    return manifest.version


def test_a_model_is_released_promoted_and_rolled_back(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "one", seed=1)
    (directory / "report" / "gallery").mkdir()
    (directory / "report" / "gallery" / "plant-1.jpg").write_bytes(b"a photo")
    output = run("release", directory)
    assert "passed" in output
    assert "refused" not in output
    assert f"candidate is {manifest.version} in s3://{bucket.name}" in output
    prefix = f"models/{manifest.version}/"
    assert {key.removeprefix(prefix) for key in bucket.contents() if key.startswith(prefix)} == {
        "model.tflite",
        "manifest.json",
        "NOTICE.md",
        "MODEL_CARD.md",
        "report/gallery/plant-1.jpg",
        "report/index.html",
        "report/metrics.json",
    }

    assert f"stable is {manifest.version} now; it was unset" in run("promote")
    assert "already" in run("promote")
    # S3 has times in seconds only.
    time.sleep(1.1)
    second = released(run, tmp_path, 2)
    assert f"stable is {second} now; it was {manifest.version}" in run("promote", "--why", "sees better")
    assert f"stable is {manifest.version} again; it was {second}" in run("rollback", "--by", "bob")
    assert "no previous version" in run("rollback", code=1)

    listed = run("list")
    assert listed.index(second) < listed.index(manifest.version)
    assert "0.9500" in listed
    history = run("list", "--history")
    for text in ("sees better", "bob", f"arn:aws:iam::1:user/{ALICE}", "rollback", "release", "promote"):
        assert text in history


def test_a_failed_gate_writes_nothing(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model", **BAD)

    output = run("release", directory, code=1)
    assert "60.00% of photos" in output
    assert f"{manifest.version} was not released, because of: errors added by int8" in output
    assert bucket.contents() == []


def test_the_manifest_has_the_reason_of_force(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    version = released(run, tmp_path, 1, "--force", "for a trial in the greenhouse", **BAD)

    assert bucket.registry.versions.manifest(version).forced == "for a trial in the greenhouse"
    assert bucket.registry.channels.pointer("candidate").version == version
    assert "for a trial in the greenhouse" in run("list")


def test_force_without_need_is_not_recorded(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    version = released(run, tmp_path, 1, "--force", "in a hurry")

    assert bucket.registry.versions.manifest(version).forced is None


def test_a_model_worse_than_stable_is_rejected(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    released(run, tmp_path, 1)
    run("promote")
    directory, _ = model_folder(tmp_path / "worse", seed=2, metrics=METRICS | {"macro_f1": 0.9})

    assert "at least 0.9300, the low end for stable's 0.9500" in run("release", directory, code=1)


def test_an_interrupted_release_can_be_run_again(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model")

    def stop(params: dict[str, Any], **_: object) -> None:
        if params["url_path"].endswith("index.html"):
            raise KeyboardInterrupt

    with bucket.before("PutObject", stop):
        assert "the same command resumes" in run("release", directory, code=130)
    assert any(key.endswith("model.tflite") for key in bucket.contents())
    assert bucket.registry.versions.released() == {}
    assert bucket.registry.channels.pointer("candidate").version is None

    run("release", directory)
    assert bucket.registry.channels.pointer("candidate").version == manifest.version


def test_releasing_again_changes_nothing(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    directory, _ = model_folder(tmp_path / "model")
    run("release", directory)
    run("release", directory)

    assert len(bucket.registry.channels.history("candidate")) == 1


def test_a_version_is_not_released_over_another(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    run("release", directory)
    other = manifest.model_copy(update={"temperature": 3.0})
    (directory / "manifest.json").write_text(other.model_dump_json())

    assert "never changes" in run("release", directory, code=1)
    assert bucket.registry.versions.manifest(manifest.version) == manifest


def test_of_two_concurrent_releases_one_fails(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    first, second = (model_folder(tmp_path / str(seed), seed) for seed in (1, 2))
    bucket.registry.versions.publish(second[1], {})
    channels = bucket.registry.channels

    def meanwhile(params: dict[str, Any], **_: object) -> None:
        nowhere = channels.pointer("candidate")
        if nowhere.update is None and params["url_path"].endswith("manifest.json"):
            channels.advance(nowhere, second[1].version, "bob", "release")

    with bucket.before("PutObject", meanwhile):
        assert "Somebody else updated candidate" in run("release", first[0], code=1)
    assert channels.pointer("candidate").version == second[1].version
    assert first[1].version in run("list")


@pytest.mark.parametrize("channel", ["stable", "candidate"])
def test_a_broken_channel_is_reported_by_every_command(
    bucket: Bucket, run: Run, tmp_path: Path, channel: str
) -> None:
    version = released(run, tmp_path, 1)
    bucket.put(f"channels/{channel}.json", b"{")
    before = bucket.contents()
    directory, _ = model_folder(tmp_path / "next", seed=2)

    for command in (["release", directory], ["promote"], ["list"]):
        assert f"channels/{channel}.json does not say where {channel} points" in run(*command, code=1)
    assert version in run("list", code=1)
    assert bucket.contents() == before


def test_force_repairs_a_broken_stable(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    version = released(run, tmp_path, 1)
    run("promote")
    bucket.put("channels/stable.json", b"{}")

    assert "promote VERSION --force" in run("rollback", code=1)
    assert f"stable is {version} now" in run("promote", version, "--force")
    assert bucket.registry.channels.pointer("stable").version == version


def test_nothing_to_promote_or_roll_back(bucket: Bucket, run: Run) -> None:
    assert "no candidate; release a model first" in run("promote", code=1)
    assert "no version 2020.01.01-00000000" in run("promote", "2020.01.01-00000000", code=1)
    assert "no previous version" in run("rollback", code=1)
    run("list")
    run("list", "--history")


def test_a_folder_without_a_model(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    assert "no readable manifest" in run("release", tmp_path, code=1)
    directory, _ = model_folder(tmp_path / "model")
    (directory / "model.tflite").write_bytes(b"cut")
    assert "does not match manifest.json" in run("release", directory, code=1)
    assert bucket.contents() == []


def test_a_registry_has_to_be_named(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FROND_MODELS_BUCKET", raising=False)
    monkeypatch.setattr("training.aws_stack.STACK_FILE", tmp_path / "stack.json")

    assert "Name the registry" in run("list", code=1)
    assert "Name the registry" in run("list", "--bucket", "s3://bucket/prefix", code=1)
    assert "make serve" in run("list", "--local", code=1)


def test_a_missing_bucket(bucket: Bucket, run: Run) -> None:
    assert "There is no bucket nowhere" in run("list", "--bucket", "nowhere", code=1)


FAULTS = {
    "no credentials": (NoCredentialsError(), "no AWS credentials"),
    "unreachable": (EndpointConnectionError(endpoint_url="https://s3"), "is unreachable"),
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS)
def test_aws_is_unreachable(bucket: Bucket, run: Run, tmp_path: Path, fault: Exception, message: str) -> None:
    directory, _ = model_folder(tmp_path / "model")

    def fail(**_: object) -> None:
        raise fault

    with bucket.before("GetObject", fail):
        assert message in run("release", directory, code=1)


def test_the_local_stack_is_found_by_its_file(
    s3: "S3Client", run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    local = new_bucket(s3)
    facts = {"models_bucket": local.name, "aws_endpoint_url": "http://localhost:1", "region": "us-east-1"}
    (tmp_path / "stack.json").write_text(json.dumps(facts))
    monkeypatch.setattr("training.aws_stack.STACK_FILE", tmp_path / "stack.json")
    opened: list[dict[str, str]] = []

    def watch(name: str, _: object, **where: str) -> Registry:
        opened.append(where)
        return Registry(s3, name)

    monkeypatch.setattr(Registry, "open", watch)

    directory, manifest = model_folder(tmp_path / "model")
    assert f"s3://{local.name}" in run("release", directory, "--local", "--bucket", "another")
    assert opened[0]["endpoint_url"] == "http://localhost:1"
    (move,) = local.registry.channels.history("candidate")
    assert move.version == manifest.version
    assert "@" in str(move.moved_by)


def test_identity_of_the_user(s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    assert access.identity("carol", local=False) == "carol"
    assert access.identity(None, local=False).startswith("arn:aws:")

    monkeypatch.setattr(access, "_arn", lambda: None)
    monkeypatch.setenv("LOGNAME", "dave")
    assert access.identity(None, local=False).startswith("dave@")


def test_a_narrow_terminal_cuts_no_version(
    bucket: Bucket, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = released(
        run, tmp_path, 1, "--force", "for a trial in the greenhouse of the botanical garden", **BAD
    )
    second = released(run, tmp_path, 2)
    run("promote", first)
    run("promote", second, "--why", "it names more of the photos that visitors of the garden have sent")
    monkeypatch.setenv("COLUMNS", "60")

    assert all(version in run("list") for version in (first, second))
    assert all(version in run("list", "--history") for version in (first, second))


def test_a_release_is_compared_photo_by_photo(bucket: Bucket, run: Run, tmp_path: Path) -> None:
    """The third model is no worse than the second beyond chance, but it is than the first."""
    labels = np.arange(300) % 3
    directories = []
    for number, wrong in enumerate([5, 7, 9], start=1):
        directory, _ = model_folder(
            tmp_path / str(number), number, metrics=METRICS | {"macro_f1": 1 - wrong / 300}
        )
        predicted = np.where(np.arange(300) < wrong, (labels + 1) % 3, labels)
        rows = [
            PredictionRow(f"{photo:064x}", "", photo, "test", f"plant-{labels[photo]}", "", 0.9, "")
            for photo in range(300)
        ]
        text = predictions_csv(
            rows, (5 * np.eye(3)[predicted]).astype(np.float32), [f"plant-{i}" for i in range(3)]
        )
        (directory / "report" / "predictions.csv").write_text(text)
        directories.append(directory)

    for directory in directories[:2]:
        assert "refused" not in run("release", directory)
        run("promote")

    assert "because of: macro F1 against the best release" in run("release", directories[2], code=1)
