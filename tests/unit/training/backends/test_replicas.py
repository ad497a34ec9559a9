"""Two devices with half of each batch take the step that one takes with the whole."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.conftest import ROOT
from training.data.dataset import Dataset

# How many devices there are is settled when TensorFlow starts, so each training is a process.
PROGRAM = """
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.unit.training.conftest import tiny_recipe
from training.networks.augmentation import NONE
from training.data.dataset import Dataset
from training.fitting.fit import fit
from training.fitting.run import Run

dataset, run, replicas = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
# VGG16 has no batch normalization, whose statistics are each device's own.
stage = {"name": "all", "epochs": 1, "rate": 1e-4, "frozen_blocks": 0, "constant": True,
         "balance": 0.5, "augmentation": NONE.model_dump()}
recipe = tiny_recipe(backbone="vgg16", batch=12 // replicas, dropout=0, stages=[stage])
fit(Dataset(dataset), Run(run), recipe, [f"CPU:{i}" for i in range(replicas)])
trained = Run(run).trained_model()
np.savez(run / "weights.npz", *trained.get_weights())
"""


def one_step(dataset: Dataset, run: Path, replicas: int) -> list[np.ndarray]:
    """Train for one step and return the weights."""
    layer = ROOT / "layers" / "frond" / "python"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(layer), str(ROOT)])}
    command = [sys.executable, "-c", PROGRAM, str(dataset.directory), str(run), str(replicas)]
    done = subprocess.run(
        command, check=False, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "CPU:0, CPU:1" in done.stderr or replicas == 1
    with np.load(run / "weights.npz") as weights:
        return list(weights.values())


def test_the_same_step(prepared: Dataset, tmp_path: Path) -> None:
    one = one_step(prepared, tmp_path / "one", 1)
    two = one_step(prepared, tmp_path / "two", 2)
    differences = np.concatenate([np.abs(a - b).ravel() for a, b in zip(one, two, strict=True)])
    # Adam's first step moves each weight by about the rate, 12 / 32 of 1e-4, whatever its gradient.
    assert np.median(differences) < 1e-9
    assert (differences > 4e-7).mean() < 1e-3
    assert differences.max() < 1e-4
