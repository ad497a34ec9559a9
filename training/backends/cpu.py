"""Features of this machine's CPU."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def has_bfloat16() -> bool:
    """Return whether the CPU has bfloat16 instructions; False if the system does not list them."""
    try:
        flags = CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
