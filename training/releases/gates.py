"""Release gates: the checks that a model must pass before it is released."""

import json
from pathlib import Path

import numpy as np
from rich.table import Table

from frond.classifier import Classifier
from frond.manifest import Manifest
from training.artifacts.files import REPORT_NAME
from training.artifacts.predictions import PREDICTIONS_NAME
from training.releases.calibration_gates import calibration_gates
from training.releases.gate import Gate, number
from training.releases.int8_gate import int8_gate
from training.releases.paired import MeasuredModel
from training.releases.paired_gates import paired_gates

# A cold start may download the file. Xception is 22 MB in int8; 84 MB means that float weights remain.
SIZE_BYTES = 60_000_000
REPORT = ("report/index.html", "report/metrics.json", "MODEL_CARD.md", "NOTICE.md")


def check_gates(
    directory: Path,
    manifest: Manifest,
    stable: MeasuredModel | None = None,
    best: MeasuredModel | None = None,
) -> list[Gate]:
    """Check a model against every gate.

    Parameters
    ----------
    directory
        The model's folder, as written by ``export`` and ``evaluate``.
    stable
        The stable model; None before the first promotion.
    best
        The release with the highest macro F1 on the same test photos; None if there is none.

    Raises
    ------
    frond.problems.InvalidModel
        The model cannot be loaded, or does not match its manifest. `--force` does not override this.
    """
    return [
        _loads(directory, manifest),
        _tested(manifest),
        int8_gate(manifest.agreement),
        *paired_gates(MeasuredModel(manifest, _predictions(directory)), stable, best),
        *calibration_gates(manifest),
        _small(manifest),
        _reported(directory, manifest),
    ]


def table(gates: list[Gate]) -> Table:
    """Return the gates as a table."""
    rows = Table("gate", "measured", "required", "")
    for gate in gates:
        verdict = "[green]passed[/]" if gate.passed else "[red]refused[/]"
        rows.add_row(gate.name, gate.measured, gate.required, verdict)
    return rows


def _predictions(directory: Path) -> bytes | None:
    path = directory / REPORT_NAME / PREDICTIONS_NAME
    return path.read_bytes() if path.is_file() else None


def _loads(directory: Path, manifest: Manifest) -> Gate:
    size = manifest.input.size
    inference = Classifier.load(directory).infer(np.zeros((size, size, 3), np.uint8))
    finite = bool(np.isfinite(inference.logits).all())
    return Gate("runs", "by LiteRT" if finite else "outputs are not finite", "its manifest's file", finite)


def _tested(manifest: Manifest) -> Gate:
    split, photos = manifest.metrics.get("split"), number(manifest.metrics, "photos")
    measured = "nothing" if photos is None else f"{photos:.0f} photos of the {split} split"
    return Gate("evaluated", measured, "test split", split == "test" and bool(photos))


def _small(manifest: Manifest) -> Gate:
    size = manifest.file.size
    return Gate("size", f"{size / 1e6:.1f} MB", f"at most {SIZE_BYTES / 1e6:.0f} MB", size <= SIZE_BYTES)


def _reported(directory: Path, manifest: Manifest) -> Gate:
    """Check that the report of `evaluate` is complete and of this model."""
    missing = [name for name in REPORT if not (directory / name).is_file()]
    if missing:
        return Gate("report", f"without {', '.join(missing)}", "as `evaluate` writes it", False)
    same = _macro_f1(directory / "report/metrics.json") == number(manifest.metrics, "macro_f1")
    return Gate("report", "complete" if same else "of another evaluation", "as `evaluate` writes it", same)


def _macro_f1(path: Path) -> float | None:
    try:
        metrics = json.loads(path.read_bytes())
    except ValueError:
        return None
    return number(metrics, "macro_f1") if isinstance(metrics, dict) else None
