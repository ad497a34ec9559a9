"""Write files atomically."""

from pathlib import Path


def atomic_write(path: Path, text: str) -> None:
    """Write a text file under a temporary name and rename it, so that no reader sees half of it."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
