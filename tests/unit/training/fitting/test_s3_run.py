"""A run in S3 resumes on a fresh machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.unit.training.tiny_backbone import PLAIN
from tests.unit.training.tiny_runs import tiny_recipe
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.fitting.fit import fit
from training.fitting.run_location import finished_run, run_at
from training.fitting.s3_run import S3Run
from training.s3_folder import S3Folder

LOCATION = "s3://runs/first"
STAGE = {"name": "all", "epochs": 3, "learning_rate": 5e-3, "frozen_blocks": 0, "mixup": 0.2}


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A bucket of an S3 server over HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "local")
        boto3.client("s3").create_bucket(Bucket="runs")
        yield "runs"
    server.stop()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of a machine."""
    monkeypatch.setenv("FROND_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def checkpoint(copy: Path, epochs: int) -> Path:
    path = copy / "checkpoints" / f"epoch-{epochs:04d}.keras"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"weights of {epochs}", encoding="utf-8")
    return path


class DiedInUploadError(Exception):
    """The end of a process during an upload."""


def kill_during_upload(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    upload = S3Folder.upload

    def die(self: S3Folder, source: Path, target: str) -> None:
        if target == name:
            raise DiedInUploadError
        upload(self, source, target)

    monkeypatch.setattr(S3Folder, "upload", die)


def test_a_run_resumes_on_a_fresh_machine(
    bucket: str, prepared: Dataset, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tiny_recipe(backbone=PLAIN, stages=[STAGE])
    with monkeypatch.context() as patch:
        kill_during_upload(patch, "checkpoints/epoch-0002.keras")
        with pytest.raises(DiedInUploadError):
            fit(prepared, run_at(LOCATION, keep_checkpoints=2), recipe)
    # The history of the second epoch is there, and its checkpoint is not: it is run again.
    assert sorted(S3Folder(LOCATION).etags()) == [
        "best-1.weights.h5", "checkpoints/epoch-0001.keras", "curves.png", "history.csv", "settings.json",
    ]  # fmt: skip
    shutil.rmtree(machine)

    best = fit(prepared, run_at(LOCATION, keep_checkpoints=2), recipe)

    assert not list((machine / "runs").iterdir())
    with finished_run(LOCATION) as run:
        assert [row["epoch"] for row in run.history()] == [1, 2, 3]
        assert max(row["val_f1"] for row in run.history()) == best
        assert run.trained_model().count_params() > 0
    with pytest.raises(TrainingError, match=f"{LOCATION}/ holds a run with other settings"):
        fit(prepared, run_at(LOCATION), tiny_recipe(backbone=PLAIN, stages=[STAGE], label_smoothing=0.2))
    names = sorted(S3Folder(LOCATION).etags())
    assert names[1:3] == ["checkpoints/epoch-0002.keras", "checkpoints/epoch-0003.keras"]


def test_other_processes_fetch_what_the_first_one_stores(bucket: str, tmp_path: Path) -> None:
    first, other = (S3Run(S3Folder("s3://runs/shared"), tmp_path / rank) for rank in "01")
    for process in (first, other):
        process.start_copy()
    (first.copy / "history.csv").write_text("epoch\n1\n", encoding="utf-8")
    first.store_epoch(checkpoint(first.copy, 1))

    other.fetch()

    assert [path.name for path in other.copy.iterdir()] == ["history.csv"]
    fresh = S3Run(S3Folder("s3://runs/shared"), tmp_path / "0")
    fresh.start_copy()
    assert (fresh.copy / "checkpoints" / "epoch-0001.keras").read_text(encoding="utf-8") == "weights of 1"


def test_what_an_earlier_run_left_on_the_machine_does_not_count(bucket: str, tmp_path: Path) -> None:
    checkpoint(tmp_path, 7)
    S3Run(S3Folder("s3://runs/never-started"), tmp_path).start_copy()
    assert not list(tmp_path.iterdir())


def test_the_last_checkpoints_are_kept(bucket: str, tmp_path: Path) -> None:
    run = S3Run(S3Folder("s3://runs/kept"), tmp_path, keep=2)
    for epochs in (1, 2, 3):
        run.store_epoch(checkpoint(tmp_path, epochs))
    assert list(S3Folder("s3://runs/kept").etags()) == [
        "checkpoints/epoch-0002.keras",
        "checkpoints/epoch-0003.keras",
    ]


def test_two_processes_that_train_one_run_are_refused(bucket: str, tmp_path: Path) -> None:
    one, other = (S3Run(S3Folder("s3://runs/doubled"), tmp_path / name) for name in ("one", "other"))
    one.store_epoch(checkpoint(one.copy, 2))
    (other.copy).mkdir()
    (other.copy / "history.csv").write_text("epoch\n1\n", encoding="utf-8")
    with pytest.raises(TrainingError, match="Another process trains the run in s3://runs/doubled/"):
        other.store_epoch(checkpoint(other.copy, 1))
    assert list(S3Folder("s3://runs/doubled").etags()) == ["checkpoints/epoch-0002.keras"]


def test_a_bucket_that_is_missing_is_reported(bucket: str, prepared: Dataset, machine: Path) -> None:
    with pytest.raises(TrainingError, match="Cannot list s3://nowhere/first/"):
        fit(prepared, run_at("s3://nowhere/first"), tiny_recipe())
