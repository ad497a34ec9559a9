"""A prepared set of annotated photos.

On disk: ``pictures.npy`` (``uint8[N, S, S, 3]``: each photo in a square, beside grey bars),
``annotations.json`` (the boxes of each photo, in pixels of the upright photo) and ``card.json`` with
``card.md``, the data card.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, RootModel

from frond.detection import Letterbox
from frond.manifest import SpeciesLabel
from training.data.card import BadFile
from training.data.dataset import CARD_NAME, PICTURES_NAME
from training.data.split import SPLITS, Split
from training.detection.annotations import PLANT, AnnotatedPhoto, LabelledBox
from training.errors import TrainingError

ANNOTATIONS_NAME = "annotations.json"


class PreparedPhotoRow(BaseModel):
    """A photo of the set; its boxes are valid and within the photo."""

    source: str
    sha256: str
    split: Split
    group: int = Field(description="Photos of one group are near-duplicates")
    width: int
    height: int
    boxes: list[LabelledBox]

    def annotated(self) -> AnnotatedPhoto:
        """Return the photo as it is written to annotation files."""
        return AnnotatedPhoto(self.source, self.width, self.height, self.boxes)


class DetectionCard(BaseModel):
    """The metadata of a prepared set."""

    name: str
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    fingerprint: str = Field(description="sha256 over every photo's hash and boxes")
    test_fingerprint: str
    size: int = Field(description="Height and width of the squares, pixels")
    seed: int
    labels: list[SpeciesLabel] = Field(description="The classes; a plant of none has no entry")
    photos: dict[str, int] = Field(description="By split")
    boxes: dict[str, dict[str, int]] = Field(description="By label and split")
    without_boxes: int = Field(description="Photos without plants")
    has_own_splits: bool
    clipped: list[BadFile] = Field(description="Boxes that were clipped to their photo")
    bad_files: list[BadFile] = Field(description="Files and boxes that were left out")
    notes: list[str] = []
    licence: str | None = None
    attribution: str | None = None

    def markdown(self) -> str:
        """Return the card as Markdown."""
        rows = [
            f"| {label} | " + " | ".join(str(counts.get(split, 0)) for split in SPLITS) + " |"
            for label, counts in self.boxes.items()
        ]
        return "\n".join(
            [
                f"# Data card: {self.name}",
                "",
                f"- {sum(self.photos.values())} photos, {self.size} × {self.size} px: "
                + ", ".join(f"{count} {split}" for split, count in self.photos.items()),
                f"- {self.without_boxes} photos without plants",
                f"- fingerprint `{self.fingerprint}`, seed {self.seed}, {self.created_at:%Y-%m-%d}",
                f"- licence: {self.licence or 'not stated'}",
                f"- from: {self.attribution or 'not stated'}",
                *(f"- **note**: {note}" for note in self.notes),
                "",
                "| boxes of | train | validation | test |",
                "|---|---:|---:|---:|",
                *rows,
                "",
                *_listed("Left out", self.bad_files),
                *_listed("Clipped to the photo", self.clipped),
            ]
        )


class DetectionDataset:
    """A set written by ``training detect prepare``.

    Raises
    ------
    training.errors.TrainingError
        The folder holds no such set.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        try:
            self.card = DetectionCard.model_validate_json((directory / CARD_NAME).read_bytes())
            self.pictures: NDArray[np.uint8] = np.load(directory / PICTURES_NAME, mmap_mode="r")
            rows = (directory / ANNOTATIONS_NAME).read_bytes()
            self.rows = RootModel[list[PreparedPhotoRow]].model_validate_json(rows).root
            _check_count(len(self.rows), len(self.pictures))
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"{directory} is not a prepared set of annotated photos ({error}); make one with "
                "`python -m training detect prepare PHOTOS FOLDER`."
            ) from error
        self.slugs = [label.slug for label in self.card.labels]

    def indices(self, split: Split) -> NDArray[np.int64]:
        """Return the indices of a split's photos.

        Raises
        ------
        training.errors.TrainingError
            The split is empty.
        """
        found = np.flatnonzero([row.split == split for row in self.rows])
        if not len(found):
            raise TrainingError(f"{self.directory} has no photo in its {split} split; prepare more photos.")
        return found

    def letterbox(self, index: int) -> Letterbox:
        """Return the place of a photo in its square."""
        row = self.rows[index]
        return Letterbox.of(row.width, row.height, self.card.size)

    def photo(self, index: int) -> NDArray[np.uint8]:
        """Return the photo without its bars: its longer side is the square's."""
        box = self.letterbox(index)
        inside = self.pictures[index, box.top : box.top + box.height, box.left : box.left + box.width]
        return np.ascontiguousarray(inside)

    def boxes(self, index: int) -> NDArray[np.float32]:
        """Return the boxes of a photo as fractions of it, ``float32[N, 4]``."""
        row = self.rows[index]
        edges = [(box.xmin, box.ymin, box.xmax, box.ymax) for box in row.boxes]
        size = np.array([row.width, row.height] * 2, np.float32)
        return np.array(edges, np.float32).reshape(-1, 4) / size

    def classes(self, index: int) -> NDArray[np.int64]:
        """Return the class of each box, ``int64[N]``; -1 for a plant of none."""
        numbers = {slug: number for number, slug in enumerate(self.slugs)}
        return np.array([numbers.get(box.label, -1) for box in self.rows[index].boxes], np.int64)

    def difficult(self, index: int) -> NDArray[np.bool_]:
        """Return which boxes do not count, ``bool[N]``."""
        return np.array([box.difficult for box in self.rows[index].boxes], np.bool_)


def _check_count(rows: int, pictures: int) -> None:
    if rows != pictures:
        raise ValueError(f"{rows} rows for {pictures} pictures")


def count_boxes(rows: Sequence[PreparedPhotoRow], slugs: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the number of boxes by label and split."""
    counts = Counter((box.label, row.split) for row in rows for box in row.boxes)
    return {label: {split: counts[label, split] for split in SPLITS} for label in [*slugs, PLANT]}


def _listed(title: str, files: Sequence[BadFile]) -> list[str]:
    lines = [f"- `{file.source}`: {file.reason}" for file in files] or ["None."]
    return [f"## {title} ({len(files)})", "", *lines, ""]
