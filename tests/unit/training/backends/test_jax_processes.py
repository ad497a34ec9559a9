"""Two processes on JAX train the network that one process trains."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.conftest import ROOT
from tests.support.waiting import HANG_S, eventually
from training.data.dataset import Dataset
from training.fitting.run import Run

pytestmark = pytest.mark.slow
# With clipping, batch normalization, mixup, class weights and a moving average, on the feed of every run.
PROGRAM = """
import sys
from contextlib import nullcontext
from pathlib import Path

from tests.unit.training import tiny_backbone
from tests.unit.training.tiny_runs import tiny_recipe
from training.data.dataset import Dataset
from training.fitting.fit import fit
from training.fitting.run import Run
from training.networks.augmentation import NONE
from training.process_group import ending_at_once, read_process_group

tiny_backbone.register()
group = read_process_group()
stage = {"name": "all", "epochs": 3, "learning_rate": 5e-3, "frozen_blocks": 0, "class_weight_power": 0.5,
         "mixup": 0.2, "ema_momentum": 0.9, "augmentation": NONE.model_dump()}
recipe = tiny_recipe(backbone="tiny", batch=6 // int(sys.argv[3]), clipnorm=0.5, stages=[stage])
with ending_at_once() if group else nullcontext():
    fit(Dataset(Path(sys.argv[1])), Run(Path(sys.argv[2])), recipe, group=group)
"""

# What the documentation promises: the heartbeats of a process that died are missed after 60 s.
ENDS_WITHIN_S = 120
LAYER = ROOT / "layers" / "frond" / "python"


def environment(cache: Path, **more: str) -> dict[str, str]:
    """Return an environment in which JAX spends little time on compilation."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(LAYER), str(ROOT)]),
        "KERAS_BACKEND": "jax",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        **more,
    }


class Processes:
    """Processes that train together, or one alone."""

    def __init__(self, dataset: Dataset, run: Path, count: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        variables = {"FROND_COORDINATOR": f"127.0.0.1:{port}", "FROND_PROCESS_COUNT": str(count)}
        run.mkdir(exist_ok=True)
        self.logs = [run.with_name(f"{run.name}-{rank}.log") for rank in range(count)]
        self.all = []
        for rank, log in enumerate(self.logs):
            with log.open("wb") as written:
                process = subprocess.Popen(
                    [sys.executable, "-c", PROGRAM, str(dataset.directory), str(run), str(count)],
                    env=environment(run.with_name("cache"), **variables, FROND_PROCESS_ID=str(rank)),
                    cwd=ROOT,
                    stdout=written,
                    stderr=written,
                )
            self.all.append(process)

    def finish(self) -> None:
        """Wait until all have finished their run."""
        codes = [process.wait(HANG_S) for process in self.all]
        assert codes == [0] * len(self.all), "".join(log.read_text(encoding="utf-8") for log in self.logs)


@pytest.fixture(scope="module")
def alone(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = tmp_path_factory.mktemp("runs") / "alone"
    Processes(prepared, run, 1).finish()
    return Run(run)


def weights(path: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}

    def add(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item[...]

    with h5py.File(path) as file:
        file.visititems(add)
    return found


def assert_same_run(one: Run, other: Run) -> None:
    """Check that two runs have the same weights and metrics, but for the last bits."""
    left, right = (weights(run.best_weights(0)) for run in (one, other))
    assert left.keys() == right.keys()
    assert len(left) == 12
    # Processors sum in other orders: 1.5e-6 on an AMD EPYC, less on an Intel Xeon.
    assert max(np.abs(left[name] - right[name]).max() for name in left) < 5e-6
    for row, same in zip(one.history(), other.history(), strict=True):
        assert {**row, "photos_per_second": 0} == pytest.approx({**same, "photos_per_second": 0}, abs=1e-5)


def test_two_processes_train_the_network_of_one(prepared: Dataset, alone: Run, tmp_path: Path) -> None:
    two = Processes(prepared, tmp_path / "two", 2)
    two.finish()

    assert_same_run(Run(tmp_path / "two"), alone)
    first, second = (log.read_text(encoding="utf-8") for log in two.logs)
    assert "JAX on 2 devices (cpu) of 2 processes" in first
    assert "Epoch 3/3" in first
    assert "Epoch" not in second
    assert not list((tmp_path / "two").rglob("*draft*"))


@pytest.mark.skipif("KILLS" not in os.environ, reason="takes minutes; KILLS=1 runs it")
@pytest.mark.parametrize(("rank", "resuming"), [(0, 2), (1, 2), (1, 1)])
def test_a_run_resumes_after_a_process_was_killed(
    prepared: Dataset,
    alone: Run,
    tmp_path: Path,
    rank: int,
    resuming: int,
    record_property: Callable[[str, object], None],
) -> None:
    run = tmp_path / "killed"
    killed = Processes(prepared, run, 2)
    eventually(lambda: True if list(run.glob("checkpoints/epoch-*.keras")) else None)
    killed.all[rank].send_signal(signal.SIGKILL)
    assert killed.all[rank].wait(HANG_S) == -signal.SIGKILL
    died = time.monotonic()
    # The other one ends by itself, with a code that lets a launcher start both again.
    assert killed.all[1 - rank].wait(ENDS_WITHIN_S) in {75, -signal.SIGABRT}
    record_property("seconds_until_the_other_ended", time.monotonic() - died)
    latest = Run(run).checkpoints.latest()
    assert latest is not None
    assert latest[0] < 3

    Processes(prepared, run, resuming).finish()

    assert_same_run(Run(run), alone)
