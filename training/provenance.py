"""Where a model comes from: the commit of the code and the versions of the libraries."""

import subprocess
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "pillow")


def code_commit() -> str | None:
    """Return the commit of the checkout, with ``-dirty`` when files differ from it; None outside of git."""
    describe = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        result = subprocess.run(  # noqa: S603 - a fixed command
            describe, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()


def library_versions() -> dict[str, str]:
    """Return the versions that decide what an export contains."""
    return {name: version(name) for name in LIBRARIES}
