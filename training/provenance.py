"""Provenance of a model: code commit and library versions."""

import subprocess
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("tensorflow", "keras", "ai-edge-litert", "numpy", "pillow")


def code_commit() -> str | None:
    """Return the commit, with ``-dirty`` if files differ from it; None outside of git."""
    describe = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        result = subprocess.run(  # noqa: S603 - a fixed command
            describe, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that affect an export."""
    return {name: version(name) for name in LIBRARIES}
