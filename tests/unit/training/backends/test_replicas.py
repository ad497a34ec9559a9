"""Two devices with half a batch each take the same step as one device with the whole batch."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.support.waiting import HANG_S
from tests.unit.training.tiny_backbone import NORMALIZED, PLAIN, TINY
from training.data.dataset import Dataset
from training.fitting.run import Run
from training.networks.backbones import BACKBONES
from training.networks.network import unfreeze_above
from training.networks.recalibrate_batchnorm import recalibrate_batchnorm

pytestmark = pytest.mark.slow
# How many devices there are is settled when TensorFlow starts, and a process can mirror once:
# a training on two devices has a process of its own.
PROGRAM = """
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.unit.training import tiny_backbone
from tests.unit.training.tiny_runs import tiny_recipe
from training.networks.augmentation import NONE
from training.data.dataset import Dataset
from training.fitting.fit import fit
from training.fitting.run import Run

tiny_backbone.register()
dataset, runs = Path(sys.argv[1]), Path(sys.argv[2])
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
stage = {"name": "all", "epochs": 1, "learning_rate": 1e-4, "frozen_blocks": 0,
         "schedule": "constant", "class_weight_power": 0.5, "augmentation": NONE.model_dump()}
for name in sys.argv[3:]:
    backbone, replicas, batch = name.split("-")
    run, replicas, batch = Run(runs / name), int(replicas), int(batch)
    recipe = tiny_recipe(backbone=backbone, batch=batch // replicas, dropout=0, clipnorm=0.05, stages=[stage])
    fit(Dataset(dataset), run, recipe, [f"CPU:{i}" for i in range(replicas)])
    np.savez(run.directory / "weights.npz", *run.trained_model().get_weights())
"""
# Backbone, devices, photos a step.
ONE, TWO, TWO_NORMALIZED = f"{PLAIN}-1-12", f"{PLAIN}-2-12", f"{NORMALIZED}-2-12"
UNEVEN = f"{PLAIN}-2-4"

# A run that is stopped on two devices and resumed on one.
RESUMING = """
import sys
from pathlib import Path

import tensorflow as tf

import training.fitting.fit
from tests.unit.training import tiny_backbone
from tests.unit.training.tiny_runs import tiny_recipe
from training.networks.augmentation import NONE
from training.data.dataset import Dataset
from training.fitting.fit import fit
from training.fitting.run import Run

tiny_backbone.register()
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
stage = {"name": "all", "epochs": 2, "learning_rate": 1e-3, "frozen_blocks": 0,
         "augmentation": NONE.model_dump()}

def train(replicas):
    recipe = tiny_recipe(backbone=sys.argv[3], batch=12 // replicas, dropout=0, clipnorm=0.5, stages=[stage])
    devices = [f"CPU:{i}" for i in range(replicas)]
    fit(Dataset(Path(sys.argv[1])), Run(Path(sys.argv[2])), recipe, devices)

def stop(*_):
    raise KeyboardInterrupt

draw, training.fitting.fit.draw_curves = training.fitting.fit.draw_curves, stop
try:
    train(2)
except KeyboardInterrupt:
    training.fitting.fit.draw_curves = draw
train(1)
"""


def test_a_run_resumes_on_another_number_of_devices(prepared: Dataset, tmp_path: Path) -> None:
    printed = run_program(RESUMING, str(prepared.directory), str(tmp_path), PLAIN)

    assert "Resuming after epoch 1 of 2." in printed
    assert Run(tmp_path).settings().replicas == 2
    first, second = Run(tmp_path).history()
    assert second["loss"] < first["loss"]


def run_program(program: str, *arguments: str) -> str:
    """Run a training and return what it printed."""
    layer = ROOT / "layers" / "frond" / "python"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(layer), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=False,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANG_S,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def train(dataset: Dataset, folder: Path, *names: str) -> Path:
    """Train one step for each backbone and number of devices, and return the folder of the runs."""
    printed = run_program(PROGRAM, str(dataset.directory), str(folder), *names)
    assert "CPU:0, CPU:1" in printed
    return folder


def weights_of(run: Path) -> list[np.ndarray]:
    with np.load(run / "weights.npz") as weights:
        return list(weights.values())


def test_the_same_step(prepared: Dataset, tmp_path: Path) -> None:
    runs = train(prepared, tmp_path, ONE, TWO, UNEVEN)
    # Batch normalization would see each device's own share.
    one, two = weights_of(runs / ONE), weights_of(runs / TWO)
    differences = np.concatenate([np.abs(a - b).ravel() for a, b in zip(one, two, strict=True)])
    # Adam's first step moves each weight by about the rate, 12 / 32 of 1e-4, whatever its gradient.
    assert np.median(differences) < 1e-9
    assert (differences > 4e-7).mean() < 1e-3
    assert differences.max() < 1e-4
    # Six validation photos are two steps of three, which devices would share unevenly.
    assert len(prepared.indices("validation")) == 6
    assert len(Run(runs / UNEVEN).history()) == 1


def test_recalibration_covers_all_devices(
    prepared: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BACKBONES, NORMALIZED, TINY[NORMALIZED])
    runs = train(prepared, tmp_path, TWO_NORMALIZED)
    weights = weights_of(runs / TWO_NORMALIZED)
    network = Run(runs / TWO_NORMALIZED).trained_model()
    unfreeze_above(network, 0)

    recalibrate_batchnorm(network, prepared.pictures[prepared.indices("train")], batch=6)

    for now, then in zip(network.get_weights(), weights, strict=True):
        assert now == pytest.approx(then, rel=1e-3, abs=1e-5)
