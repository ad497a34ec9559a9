"""The model's output for each photo, as it stands in ``report/predictions.csv``.

Two models are compared on the same photos by these files, and a calibration can be fitted to them.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frond.csv_cell import neutralize
from training.errors import TrainingError

PREDICTIONS_NAME = "predictions.csv"
LOGIT = "logit "
NPZ_ARRAYS = ("photos", "logits", "labels")


@dataclass(frozen=True, slots=True)
class PhotoLogits:
    """Logits of N photos with their labels.

    Attributes
    ----------
    photos
        The sha256 of each photo's file, in hex.
    logits
        ``float32[N, K]``.
    labels
        ``int64[N]``.
    groups
        The group of each photo; None where the file has none.
    """

    photos: list[str]
    logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: list[str] | None = None


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """A photo of the data set, and the model's answer."""

    photo: str
    source: str
    group: int
    split: str
    label: str
    predicted: str
    confidence: float
    verdict: str


def predictions_csv(rows: Iterable[PredictionRow], logits: NDArray[np.float32], slugs: Sequence[str]) -> str:
    """Return the file's text: a row a photo, with ``logits float32[N, K]`` in a column a species."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*PredictionRow.__slots__, *(f"{LOGIT}{slug}" for slug in slugs)])
    for row, values in zip(rows, logits, strict=True):
        writer.writerow(
            [
                row.photo,
                neutralize(row.source),
                row.group,
                row.split,
                row.label,
                row.predicted,
                f"{row.confidence:.6f}",
                row.verdict,
                *values.astype(np.float32),
            ]
        )
    return text.getvalue()


def read_photo_logits(path: Path, slugs: Sequence[str]) -> PhotoLogits:
    """Read a ``predictions.csv``, or an ``.npz`` file with the arrays ``photos``, ``logits`` and ``labels``.

    Parameters
    ----------
    path
        The photos of an ``.npz`` are sha256 in hex, its logits ``float32[N, K]`` and its labels indices of
        species.
    slugs
        The model's species, in the order of its logits.

    Raises
    ------
    training.errors.TrainingError
        The file is missing, of another form, or of other species.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TrainingError(f"There is no readable file of predictions at {path}.") from error
    return parse_photo_logits(content, str(path), slugs)


def parse_photo_logits(content: bytes, source: str, slugs: Sequence[str]) -> PhotoLogits:
    """Parse the content of a file of predictions; errors name its source. See :func:`read_photo_logits`."""
    try:
        found = _parse_npz(content) if zipfile.is_zipfile(io.BytesIO(content)) else _parse_csv(content, slugs)
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{source} is not a file of predictions ({error}); give a predictions.csv, or an .npz with "
            f"the arrays {', '.join(NPZ_ARRAYS)}."
        ) from error
    _check(found, source, slugs)
    return found


def _parse_npz(content: bytes) -> PhotoLogits:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        photos, logits, labels = (arrays[name] for name in NPZ_ARRAYS)
    if labels.dtype.kind not in "iu":
        raise ValueError("its labels are not integers")
    names = [photo.decode() if isinstance(photo, bytes) else str(photo) for photo in photos.ravel().tolist()]
    return PhotoLogits(names, logits.astype(np.float32), labels.astype(np.int64))


def _parse_csv(content: bytes, slugs: Sequence[str]) -> PhotoLogits:
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
    places = {slug: place for place, slug in enumerate(slugs)}
    logits = [[float(row[f"{LOGIT}{slug}"]) for slug in slugs] for row in rows]
    return PhotoLogits(
        [row["photo"] for row in rows],
        np.array(logits, dtype=np.float32).reshape(len(rows), len(slugs)),
        np.array([places[row["label"]] for row in rows], dtype=np.int64),
        [row["group"] for row in rows] if rows and "group" in rows[0] else None,
    )


def _check(found: PhotoLogits, source: str, slugs: Sequence[str]) -> None:
    count, classes = len(found.photos), len(slugs)
    if not count:
        raise TrainingError(f"{source} holds no photo.")
    if found.logits.shape != (count, classes) or found.labels.shape != (count,):
        raise TrainingError(
            f"{source} has logits {found.logits.shape} and labels {found.labels.shape} for {count} photos of "
            f"{classes} species."
        )
    if not np.isfinite(found.logits).all():
        raise TrainingError(f"{source} has logits that are not finite.")
    if found.labels.min() < 0 or found.labels.max() >= classes:
        raise TrainingError(f"{source} has labels outside 0 to {classes - 1}.")
