"""Release gates of a detector."""

import json
from pathlib import Path

import numpy as np

from frond.detection import DetectionManifest, Detector
from training.artifacts.files import REPORT_NAME
from training.int8_limits import MAX_MAP_LOSS
from training.releases.gate import Gate, number

# A cold start that detects may download the file.
SIZE_BYTES = 25_000_000
# Of the mAP below the best release's on the same photos: two runs of one recipe differ by as much.
MAP_MARGIN = 0.01
REPORT = ("report/detections.json", "report/metrics.json", "MODEL_CARD.md", "NOTICE.md")


def check_detection_gates(
    directory: Path,
    manifest: DetectionManifest,
    stable: DetectionManifest | None = None,
    best: DetectionManifest | None = None,
) -> list[Gate]:
    """Check a detector against every gate.

    Parameters
    ----------
    directory
        The model's folder, as written by ``training detect export`` and ``evaluate``.
    stable
        The stable detector; None before the first promotion.
    best
        The release with the highest mAP on the same test photos; None if there is none.

    Raises
    ------
    frond.problems.InvalidModel
        The detector cannot be loaded, or does not match its manifest. `--force` does not override this.
    """
    return [
        _runs(directory, manifest),
        _evaluated(manifest),
        _int8(manifest),
        *(
            _precise(manifest, name, before)
            for name, before in (("stable", stable), ("best", best))
            if before
        ),
        _small(manifest),
        _reported(directory, manifest),
    ]


def _runs(directory: Path, manifest: DetectionManifest) -> Gate:
    size = manifest.input.size
    outputs = Detector.load(directory).infer(np.zeros((size, size, 3), np.uint8))
    finite = all(np.isfinite(output.boxes()).all() for output in outputs)
    return Gate("runs", "by LiteRT" if finite else "outputs are not finite", "its manifest's file", finite)


def _evaluated(manifest: DetectionManifest) -> Gate:
    split, photos = manifest.metrics.get("split"), number(manifest.metrics, "photos")
    measured = "nothing" if photos is None else f"{photos:.0f} photos of the {split} split"
    return Gate("evaluated", measured, "test split", split == "test" and bool(photos))


def _int8(manifest: DetectionManifest) -> Gate:
    exact, rounded = (number(manifest.agreement, name) for name in ("float_map", "int8_map"))
    required = f"at most {MAX_MAP_LOSS} less mAP than in float"
    if exact is None or rounded is None:
        return Gate("int8", "not measured", required, False)
    measured = f"mAP {rounded:.4f}, in float {exact:.4f}"
    return Gate("int8", measured, required, exact - rounded <= MAX_MAP_LOSS)


def _precise(manifest: DetectionManifest, name: str, before: DetectionManifest) -> Gate:
    found = number(manifest.metrics, "map")
    measured = "not measured" if found is None else f"{found:.4f}"
    if manifest.dataset.test_fingerprint != before.dataset.test_fingerprint:
        required = f"measured on the same photos as {name} ({before.version})"
        return Gate("mAP", measured, required, False)
    earlier = number(before.metrics, "map") or 0.0
    required = f"at least {earlier - MAP_MARGIN:.4f}, {MAP_MARGIN} below {name} ({before.version})"
    return Gate("mAP", measured, required, found is not None and found >= earlier - MAP_MARGIN)


def _small(manifest: DetectionManifest) -> Gate:
    size = manifest.file.size
    return Gate("size", f"{size / 1e6:.1f} MB", f"at most {SIZE_BYTES / 1e6:.0f} MB", size <= SIZE_BYTES)


def _reported(directory: Path, manifest: DetectionManifest) -> Gate:
    missing = [name for name in REPORT if not (directory / name).is_file()]
    required = "as `detect evaluate` writes it"
    if missing:
        return Gate("report", f"without {', '.join(missing)}", required, False)
    try:
        metrics = json.loads((directory / REPORT_NAME / "metrics.json").read_bytes())
    except ValueError:
        metrics = None
    same = isinstance(metrics, dict) and number(metrics, "map") == number(manifest.metrics, "map")
    return Gate("report", "complete" if same else "of another evaluation", required, same)
