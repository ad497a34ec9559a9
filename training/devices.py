"""Where training runs and at which precision."""

from pathlib import Path

import keras
import tensorflow as tf

from training.problems import TrainingError

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


def mirrored_strategy(devices: list[str] | None = None) -> tf.distribute.MirroredStrategy:
    """Return a strategy over the named devices, or over all GPUs, or over the CPU where there is none.

    Parameters
    ----------
    devices
        TensorFlow's names, such as ``GPU:0``.

    Raises
    ------
    training.problems.TrainingError
        A named device is not there.
    """
    known = {device.name.removeprefix("/device:") for device in tf.config.list_logical_devices()}
    unknown = [device for device in devices or [] if device not in known]
    if unknown:
        raise TrainingError(f"No device {', '.join(unknown)} here; there are {', '.join(sorted(known))}.")
    gpus = sorted(name for name in known if name.startswith("GPU:"))
    return tf.distribute.MirroredStrategy(devices or gpus or ["CPU:0"])


def set_precision(name: str) -> None:
    """Choose the precision of the arithmetic; weights stay float32.

    ``auto`` takes float16 on GPUs and bfloat16 elsewhere, where the processor has instructions for
    it, and float32 otherwise.
    """
    chosen = _best_precision() if name == "auto" else name
    if chosen not in PRECISIONS:
        raise TrainingError(f"No precision {name!r}; there are auto, {', '.join(PRECISIONS)}.")
    keras.mixed_precision.set_global_policy(PRECISIONS[chosen])


def _best_precision() -> str:
    if tf.config.list_physical_devices("GPU"):
        return "float16"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "float32"
    return "bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"
