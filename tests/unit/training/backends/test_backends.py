"""Backends: devices, batches and precision."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

from training.backends import nvidia, open_backend, set_precision
from training.backends.mirrored import Mirrored
from training.backends.single_device import SingleDevice
from training.data.batches import BatchLoader
from training.data.dataset import Dataset
from training.errors import TrainingError


@pytest.fixture(autouse=True)
def restored_policy() -> Iterator[None]:
    before = keras.mixed_precision.global_policy()
    yield
    keras.mixed_precision.set_global_policy(before)


def test_a_named_device() -> None:
    assert open_backend(["CPU:0"]).replicas == 1


def test_all_devices_by_default() -> None:
    assert open_backend().replicas >= 1


@pytest.mark.parametrize("name", ["GPU:99", "TPU:0", "cpu", ""])
def test_a_missing_device_is_reported(name: str) -> None:
    with pytest.raises(TrainingError, match=rf"No device {name} here; there are .*CPU:0"):
        open_backend(["CPU:0", name])


def test_only_tensorflow_takes_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keras.backend.backend", lambda: "torch")
    with pytest.raises(TrainingError, match="Only TensorFlow takes --devices"):
        open_backend(["cuda:0"])


@pytest.mark.parametrize("mixup", [0, 0.4])
def test_every_backend_reads_the_same_batches(prepared: Dataset, mixup: float) -> None:
    loader = BatchLoader(prepared, "train", batch=5, seed=3, mixup=mixup)
    mirrored = list(Mirrored(["CPU:0"]).batches(loader, 2))
    single_device = SingleDevice().batches(loader, 2)
    assert len(mirrored) == len(single_device) == loader.steps
    for one, step in zip(mirrored, range(len(single_device)), strict=True):
        for value, other in zip(one, single_device[step], strict=True):
            assert np.array_equal(value.numpy(), other)
            assert value.numpy().dtype == other.dtype


def test_an_epoch_begins_at_its_first_step_after_a_look_at_it(prepared: Dataset) -> None:
    loader = BatchLoader(prepared, "train", batch=3, seed=3)
    # Keras reads arrays this way, and looks at the first batch to build a new model.
    adapter = PyDatasetAdapter(SingleDevice().batches(loader, 0))
    next(iter(adapter.get_numpy_iterator()))
    adapter.on_epoch_end()

    read = list(adapter.get_numpy_iterator())

    assert len(read) == loader.steps > 2
    for step, (pictures, _, _) in enumerate(read):
        assert np.array_equal(pictures, loader.batch(0, step, loader.order(0)[step]).pictures)


@pytest.mark.parametrize(
    ("name", "policy"),
    [("float32", "float32"), ("bfloat16", "mixed_bfloat16"), ("float16", "mixed_float16")],
)
def test_a_precision_by_name(name: str, policy: str) -> None:
    set_precision(name, open_backend())
    assert keras.mixed_precision.global_policy().name == policy
    assert keras.mixed_precision.global_policy().variable_dtype == "float32"


def test_an_unknown_precision_is_reported() -> None:
    with pytest.raises(
        TrainingError, match="No precision 'int4'; there are auto, float32, bfloat16, float16"
    ):
        set_precision("int4", open_backend())


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("flags: sse4_2 avx2 avx512_bf16", "bfloat16"),
        ("flags: sse4_2 avx2 amx_bf16", "bfloat16"),
        ("flags: sse4_2 avx2", "float32"),
        (None, "float32"),
    ],
)
def test_the_best_precision_of_a_cpu(
    flags: str | None, precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if flags is not None:
        cpuinfo.write_text(flags, encoding="utf-8")
    monkeypatch.setattr("training.backends.cpu.CPUINFO", cpuinfo)
    assert open_backend().best_precision() == precision


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [([(8, 0), (9, 0)], "bfloat16"), ([(8, 0), (7, 5)], "float16"), ([None], "float16")],
)
def test_the_best_precision_of_a_gpu(
    capabilities: list[tuple[int, int] | None], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = open_backend(["CPU:0"])
    gpus = list(range(len(capabilities)))
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: gpus)
    monkeypatch.setattr(
        "tensorflow.config.experimental.get_device_details",
        lambda gpu: {"compute_capability": capabilities[gpu]} if capabilities[gpu] else {},
    )
    assert backend.best_precision() == precision


def test_an_idle_gpu_is_named_unless_the_device_was_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    driver = tmp_path / "version"
    monkeypatch.setattr(nvidia, "DRIVER", driver)
    cpu = tf.config.LogicalDevice("/device:CPU:0", "CPU")
    monkeypatch.setattr("tensorflow.config.list_logical_devices", lambda: [cpu])
    assert Mirrored().warning() is None

    driver.write_text("NVRM version", encoding="ascii")

    assert "make training" in (Mirrored().warning() or "")
    assert Mirrored(["CPU:0"]).warning() is None
