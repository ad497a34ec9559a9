"""GPUs of this machine that the framework does not use."""

from pathlib import Path

# The kernel driver writes it.
DRIVER = Path("/proc/driver/nvidia/version")


def idle_gpu_warning(uses_gpu: bool) -> str | None:
    """Return a warning where there is an NVIDIA GPU and the framework trains on the CPU; else None."""
    if uses_gpu or not DRIVER.exists():
        return None
    return (
        "This machine has an NVIDIA GPU, but training runs on the CPU, many times slower: CUDA's libraries "
        "are missing or too old. `make training` installs them."
    )
