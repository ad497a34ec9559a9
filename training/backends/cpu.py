"""What this machine's processor can do."""

from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def has_bfloat16() -> bool:
    """Say whether it has instructions for bfloat16 arithmetic; on systems that do not tell, no."""
    try:
        flags = CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
