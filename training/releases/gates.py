"""Release gates: the checks that a model must pass before it is released."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from frond.classifier import Classifier
from frond.manifest import Manifest
from training.int8_limits import MAX_MACRO_F1_LOSS, MIN_TOP1_AGREEMENT

# Expected calibration error. The aim is 0.03; a test split of some hundred photos alone adds about 0.02.
CALIBRATION_ERROR = 0.05
# A cold start may download the file. Xception is 22 MB in int8; 84 MB means that float weights remain.
SIZE_BYTES = 60_000_000
REPORT = ("report/index.html", "report/metrics.json", "MODEL_CARD.md", "NOTICE.md")


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: measured value, required value and result."""

    name: str
    measured: str
    required: str
    passed: bool


def check_gates(directory: Path, manifest: Manifest, stable: Manifest | None) -> list[Gate]:
    """Check a model against every gate.

    Parameters
    ----------
    directory
        The model's folder, as written by ``export`` and ``evaluate``.
    stable
        Manifest of the stable model; None before the first promotion.

    Raises
    ------
    frond.problems.InvalidModel
        The model cannot be loaded, or does not match its manifest. `--force` does not override this.
    """
    return [
        _loads(directory, manifest),
        _tested(manifest),
        *_agreement(manifest),
        _no_worse(manifest, stable),
        _calibrated(manifest),
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


def _loads(directory: Path, manifest: Manifest) -> Gate:
    size = manifest.input.size
    inference = Classifier.load(directory).infer(np.zeros((size, size, 3), np.uint8))
    finite = bool(np.isfinite(inference.logits).all())
    return Gate("runs", "by LiteRT" if finite else "outputs are not finite", "its manifest's file", finite)


def _tested(manifest: Manifest) -> Gate:
    split, photos = manifest.metrics.get("split"), _number(manifest.metrics, "photos")
    measured = "nothing" if photos is None else f"{photos:.0f} photos of the {split} split"
    return Gate("evaluated", measured, "test split", split == "test" and bool(photos))


def _agreement(manifest: Manifest) -> list[Gate]:
    top1, loss = (_number(manifest.agreement, name) for name in ("top1", "macro_f1_loss"))
    gates = [
        Gate(
            "same answer as in float",
            _share(top1),
            f"at least {MIN_TOP1_AGREEMENT:.0%} of photos",
            top1 is not None and top1 >= MIN_TOP1_AGREEMENT,
        )
    ]
    # Older exports did not measure it.
    if loss is not None:
        gates.append(
            Gate(
                "macro F1 lost to int8",
                f"{loss:.4f}",
                f"at most {MAX_MACRO_F1_LOSS}",
                loss <= MAX_MACRO_F1_LOSS,
            )
        )
    return gates


def _no_worse(manifest: Manifest, stable: Manifest | None) -> Gate:
    """Compare macro F1 with the lower end of stable's 95 % interval."""
    f1 = _number(manifest.metrics, "macro_f1")
    measured = "not measured" if f1 is None else f"{f1:.4f}"
    if stable is None or stable.version == manifest.version:
        return Gate("macro F1", measured, "any: stable has no other model", f1 is not None)
    tested = manifest.dataset.test_fingerprint
    if tested is None or tested != stable.dataset.test_fingerprint:
        return Gate("macro F1", measured, f"measured on the same photos as stable ({stable.version})", False)
    best = _number(stable.metrics, "macro_f1") or 0.0
    low, _ = stable.metrics.get("macro_f1_interval") or (best, best)
    required = f"at least {low:.4f}, the low end for stable's {best:.4f}"
    return Gate("macro F1", measured, required, f1 is not None and f1 >= low)


def _calibrated(manifest: Manifest) -> Gate:
    error = _number(manifest.metrics, "expected_calibration_error")
    measured = "not measured" if error is None else f"{error:.4f}"
    passed = error is not None and error <= CALIBRATION_ERROR
    return Gate("calibration error", measured, f"at most {CALIBRATION_ERROR}", passed)


def _small(manifest: Manifest) -> Gate:
    size = manifest.file.size
    return Gate("size", f"{size / 1e6:.1f} MB", f"at most {SIZE_BYTES / 1e6:.0f} MB", size <= SIZE_BYTES)


def _reported(directory: Path, manifest: Manifest) -> Gate:
    """Check that the report of `evaluate` is complete and of this model."""
    missing = [name for name in REPORT if not (directory / name).is_file()]
    if missing:
        return Gate("report", f"without {', '.join(missing)}", "as `evaluate` writes it", False)
    same = _macro_f1(directory / "report/metrics.json") == _number(manifest.metrics, "macro_f1")
    return Gate("report", "complete" if same else "of another evaluation", "as `evaluate` writes it", same)


def _macro_f1(path: Path) -> float | None:
    try:
        metrics = json.loads(path.read_bytes())
    except ValueError:
        return None
    return _number(metrics, "macro_f1") if isinstance(metrics, dict) else None


def _number(numbers: dict[str, Any], name: str) -> float | None:
    value = numbers.get(name)
    known = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if known and value is not None else None


def _share(share: float | None) -> str:
    return "not measured" if share is None else f"{share:.2%} of photos"
