"""Write a prepared set back as Pascal VOC or COCO files."""

import json
from pathlib import Path

from training.atomic_write import atomic_write
from training.data.split import SPLITS
from training.detection.coco import format_coco
from training.detection.detection_dataset import DetectionDataset
from training.detection.voc import SPLIT_LISTS, format_voc
from training.errors import TrainingError


def write_voc(dataset: DetectionDataset, directory: Path) -> None:
    """Write a Pascal VOC file for each photo, and the lists of the splits, into a new folder.

    Raises
    ------
    training.errors.TrainingError
        The folder exists, or two photos have one name, as VOC has no folders.
    """
    if directory.exists():
        raise TrainingError(f"{directory} exists already; remove it or name another folder.")
    stems = [Path(row.source).stem for row in dataset.rows]
    if len(set(stems)) < len(stems):
        raise TrainingError("Two photos have the same file name, which Pascal VOC cannot tell apart.")
    (directory / "Annotations").mkdir(parents=True)
    lists = directory / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    for stem, row in zip(stems, dataset.rows, strict=True):
        atomic_write(directory / "Annotations" / f"{stem}.xml", format_voc(row.annotated()))
    for split in SPLITS:
        names = [stem for stem, row in zip(stems, dataset.rows, strict=True) if row.split == split]
        atomic_write(lists / f"{SPLIT_LISTS[split]}.txt", "".join(f"{name}\n" for name in names))


def write_coco(dataset: DetectionDataset, path: Path) -> None:
    """Write one COCO file of all photos."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = format_coco([row.annotated() for row in dataset.rows], dataset.slugs)
    atomic_write(path, json.dumps(content, indent=1) + "\n")
