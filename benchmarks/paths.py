"""Paths of the benchmarks' caches and results, all under ``.frond/bench``, which can be deleted."""

import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".frond" / "bench"
TASKS, MODELS, PHOTOS, RESULTS, RUNTIME, LOGS = (
    HOME / name for name in ("tasks", "models", "photos", "results", "runtime", "logs")
)
RELEASED = ROOT / "functions" / "classify" / "model" / "model.tflite"
LOCKS = ROOT / "requirements"


def cached(path: Path, make: Callable[[Path], None]) -> Path:
    """Return a file or folder; create it first if it is missing or was not finished.

    Parameters
    ----------
    path
        Path of the file or folder.
    make
        Creates it at a given draft path, which is then renamed to ``path``.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}")
        draft.parent.mkdir(parents=True, exist_ok=True)
        remove(draft)
        make(draft)
        draft.replace(path)
    return path


def remove(path: Path) -> None:
    """Remove a file or folder if it exists."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
