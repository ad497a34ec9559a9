"""Training runs where it was told to, or says that there is no such place."""

from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from training.devices import mirrored_strategy, set_precision
from training.problems import TrainingError


@pytest.fixture(autouse=True)
def policy() -> Iterator[None]:
    before = keras.mixed_precision.global_policy()
    yield
    keras.mixed_precision.set_global_policy(before)


def test_a_device_that_is_there() -> None:
    assert mirrored_strategy(["CPU:0"]).num_replicas_in_sync == 1


def test_all_there_are() -> None:
    assert mirrored_strategy().num_replicas_in_sync >= 1


@pytest.mark.parametrize("name", ["GPU:99", "TPU:0", "cpu", ""])
def test_a_device_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(TrainingError, match=rf"No device {name} here; there are .*CPU:0"):
        mirrored_strategy(["CPU:0", name])


@pytest.mark.parametrize(
    ("name", "policy"),
    [("float32", "float32"), ("bfloat16", "mixed_bfloat16"), ("float16", "mixed_float16")],
)
def test_a_precision_by_name(name: str, policy: str) -> None:
    set_precision(name)
    assert keras.mixed_precision.global_policy().name == policy
    assert keras.mixed_precision.global_policy().variable_dtype == "float32"


def test_an_unknown_precision_is_named() -> None:
    with pytest.raises(
        TrainingError, match="No precision 'int4'; there are auto, float32, bfloat16, float16"
    ):
        set_precision("int4")


@pytest.mark.parametrize(
    ("gpus", "flags", "policy"),
    [
        (["GPU:0"], "", "mixed_float16"),
        ([], "flags: sse4_2 avx2 avx512_bf16", "mixed_bfloat16"),
        ([], "flags: sse4_2 avx2 amx_bf16", "mixed_bfloat16"),
        ([], "flags: sse4_2 avx2", "float32"),
        ([], None, "float32"),
    ],
)
def test_auto_takes_what_the_machine_is_fast_at(
    gpus: list[str], flags: str | None, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if flags is not None:
        cpuinfo.write_text(flags, encoding="utf-8")
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: gpus)
    monkeypatch.setattr("training.devices.Path", lambda _: cpuinfo)
    set_precision("auto")
    assert keras.mixed_precision.global_policy().name == policy
