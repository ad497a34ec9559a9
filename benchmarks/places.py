"""Where the bench keeps what it made: everything is under ``.frond/bench`` and can be thrown away."""

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


def kept(path: Path, make: Callable[[Path], None]) -> Path:
    """Return a file or folder, made if it is not there; one that was not finished is made anew.

    Parameters
    ----------
    path
        Where it is.
    make
        Makes it at the place that it is given, which is moved to ``path`` when it is done.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}")
        draft.parent.mkdir(parents=True, exist_ok=True)
        discard(draft)
        make(draft)
        draft.replace(path)
    return path


def discard(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
