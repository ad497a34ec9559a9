"""The folder that serves: model, manifest, notice, and what a report is made from."""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from training.errors import TrainingError

NOTICE_NAME, REPORT_NAME = "NOTICE.md", "report"


@dataclass(frozen=True, slots=True)
class Package:
    """What an export leaves; the papers become JSON files under their names in ``report/``."""

    model: bytes
    manifest: Manifest
    notice: str
    papers: dict[str, Any] = field(default_factory=dict)

    def write(self, directory: Path) -> None:
        """Write the folder, whole or not at all; a model that is there already is replaced."""
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".export-") as scratch:
            fresh = Path(scratch) / "fresh"
            self._fill(fresh)
            Classifier.load(fresh)
            put_in_place(fresh, directory, Path(scratch) / "replaced")

    def _fill(self, folder: Path) -> None:
        report = folder / REPORT_NAME
        report.mkdir(parents=True)
        (folder / MODEL_NAME).write_bytes(self.model)
        (folder / MANIFEST_NAME).write_text(self.manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        (folder / NOTICE_NAME).write_text(self.notice, encoding="utf-8")
        for name, content in self.papers.items():
            (report / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def check_target(directory: Path) -> None:
    """Refuse a folder that an export would destroy.

    Raises
    ------
    training.errors.TrainingError
        It holds something, and no model.
    """
    if directory.exists() and any(directory.iterdir()) and not (directory / MANIFEST_NAME).exists():
        raise TrainingError(f"{directory} holds something that is not a model; name another folder.")


def put_in_place(fresh: Path, directory: Path, replaced: Path) -> None:
    """Move a folder to where another may be; if that fails, the other one is there as before."""
    if directory.exists():
        directory.rename(replaced)
    try:
        fresh.rename(directory)
    except OSError:
        if replaced.exists():
            replaced.rename(directory)
        raise
