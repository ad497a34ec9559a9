"""The folder of an exported model: model file, manifest, notice, and the JSON files of the report."""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from training.artifacts.files import REPORT_NAME
from training.errors import TrainingError

NOTICE_NAME = "NOTICE.md"


@dataclass(frozen=True, slots=True)
class Package:
    """The content of a model's folder; the artifacts are written to ``report/`` by file name."""

    model: bytes
    manifest: Manifest
    notice: str
    artifacts: dict[str, Any] = field(default_factory=dict)

    def write(self, directory: Path) -> None:
        """Write the folder atomically, replacing an existing model."""
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".export-") as scratch:
            fresh = Path(scratch) / "fresh"
            self._fill(fresh)
            Classifier.load(fresh)
            replace_directory(fresh, directory, Path(scratch) / "replaced")

    def _fill(self, folder: Path) -> None:
        report = folder / REPORT_NAME
        report.mkdir(parents=True)
        (folder / MODEL_NAME).write_bytes(self.model)
        (folder / MANIFEST_NAME).write_text(self.manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        (folder / NOTICE_NAME).write_text(self.notice, encoding="utf-8")
        for name, content in self.artifacts.items():
            (report / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def check_target(directory: Path) -> None:
    """Refuse a folder whose content an export would destroy.

    Raises
    ------
    training.errors.TrainingError
        It is not empty and holds no model.
    """
    if directory.exists() and any(directory.iterdir()) and not (directory / MANIFEST_NAME).exists():
        raise TrainingError(f"{directory} holds something that is not a model; name another folder.")


def replace_directory(fresh: Path, directory: Path, replaced: Path) -> None:
    """Move a folder into the place of another; if that fails, restore the other one."""
    if directory.exists():
        directory.rename(replaced)
    try:
        fresh.rename(directory)
    except OSError:
        if replaced.exists():
            replaced.rename(directory)
        raise
