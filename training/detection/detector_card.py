"""The model card of a detector."""

from typing import Any

from frond.detection import DetectionManifest

CARD_NAME = "MODEL_CARD.md"


def card_of(manifest: DetectionManifest) -> str:
    """Return the model card of a detector with metrics, as Markdown."""
    metrics, agreement = manifest.metrics, manifest.agreement
    scores = metrics["scores"]
    return "\n".join(
        [
            f"# Model card: detector {manifest.version}",
            "",
            "Finds the plants of a photo, as boxes, and names those of its species that it is sure of; the "
            "others it labels `plant`.",
            "",
            f"- Input: the whole photo in a square of {manifest.input.size} px, beside grey bars",
            f"- Network: {manifest.backbone} under an anchor-free head at stride "
            f"{', '.join(map(str, manifest.strides))}; full int8, {manifest.file.size / 1e6:.1f} MB",
            f"- Data: {manifest.dataset.name}, {_photos(manifest.dataset.photos)}",
            f"- Licence of the photos: {manifest.dataset.licence or 'not stated'}; "
            f"{manifest.dataset.attribution or 'source not stated'}",
            "",
            f"## Metrics on {metrics['photos']} test photos with {metrics['plants']} plants",
            "",
            "| average precision | IoU 0.5 to 0.95 | IoU 0.5 |",
            "|---|---:|---:|",
            _row("mean over the species", scores["classes"]),
            _row("plants of any species", scores["plants"]),
            *(_row(slug, each) for slug, each in scores["by_class"].items()),
            "",
            f"On validation photos int8 has a mAP of {agreement['int8_map']:.4f}, the float network "
            f"{agreement['float_map']:.4f}.",
            "",
            f"A box is a detection from a confidence of {manifest.min_confidence:.2f} on: "
            f"{metrics['precision']:.1%} of the detections are plants, {metrics['recall']:.1%} of the plants "
            f"are detected. A plant is named from a probability of {manifest.min_label_confidence:.2f} on: "
            f"{metrics['named']:.1%} are named, {metrics['names_right']:.1%} of them rightly.",
            "",
            "## Limits",
            "",
            "- Where the data are composed scenes, metrics on real photos of fields are lower; measure them "
            "with photos of your own.",
            "- Plants that span less than a twelfth of the photo's longer side are mostly missed.",
            "- At most 300 boxes are returned, and two overlap by an IoU of "
            f"{manifest.max_overlap:.1f} at most.",
            "",
        ]
    )


def _row(name: str, precision: dict[str, Any]) -> str:
    return f"| {name} | {precision['mean']:.3f} | {precision['at_50']:.3f} |"


def _photos(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {split}" for split, count in counts.items())
