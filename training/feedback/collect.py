"""From users' corrections to a folder of photos: what is new is fetched, what may not be kept goes."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath

from frond.manifest import slugify
from frond.preprocessing import PreprocessingSpec, read_photo
from frond.problems import Problem, VanishedPhoto
from training.feedback.collection import Collection
from training.feedback.correction import Correction
from training.feedback.origin import Origin
from training.progress import console, track

SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "HEIF": ".heic", "AVIF": ".avif", "GIF": ".gif"}
# Only to see whether it can be read; the smaller, the quicker.
SIDE = 16
COLUMNS = (
    "id",
    "file",
    "key",
    "species_told",
    "species_said",
    "confidence",
    "model_version",
    "comment",
    "landed_at",
    "left_out",
)
NOT_KEPT = "sent over HTTP, which keeps no photo"
GONE = "the photo was deleted or has expired"
REPLACED = "another photo lies under its key by now"
NO_SLUG = "what was told is no species' slug"
NOT_READABLE = "not readable"
# S3 tells the second in which an object was written, and its notification a finer time.
_CLOCK = timedelta(seconds=2)


class LeftOut(Exception):  # noqa: N818 - nothing is wrong
    """Why a photo is not collected: a reason that others may have, too, and what there is to add."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one correction: the photo's place in the folder, or why there is none."""

    correction: Correction
    place: PurePosixPath | None = None
    fetched: bool = False
    left_out: LeftOut | None = None

    def row(self) -> dict[str, object]:
        """Return its row of the table."""
        return {
            "id": self.correction.identifier,
            "file": self.place or "",
            "key": self.correction.key,
            "species_told": self.correction.told,
            "species_said": self.correction.said,
            "confidence": self.correction.confidence,
            "model_version": self.correction.version,
            "comment": self.correction.comment,
            "landed_at": self.correction.landed_at.isoformat(),
            "left_out": self.left_out or "",
        }


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of all corrections.

    Attributes
    ----------
    without_consent
        How many corrections are not to be used.
    removed
        How many photos went from the folder, as their consent or their record had.
    looked
        What came of each of the others.
    """

    without_consent: int
    removed: int
    looked: list[Looked]

    def folders(self) -> dict[PurePosixPath, tuple[int, int]]:
        """Return of each folder with photos how many there are, and how many of them are new."""
        there = Counter(each.place.parent for each in self.looked if each.place)
        new = Counter(each.place.parent for each in self.looked if each.place and each.fetched)
        return {folder: (there[folder], new[folder]) for folder in sorted(there)}

    def left_out(self) -> Counter[str]:
        """Return how many photos are not there, by reason."""
        return Counter(each.left_out.reason for each in self.looked if each.left_out)


def collect(origin: Origin, directory: Path) -> Collected:
    """Bring a folder up to date with the corrections whose photos may be used.

    All corrections are read before anything changes, and what was withdrawn goes first. Interrupted, it goes
    on where it was when it is run again.

    Raises
    ------
    training.errors.TrainingError
        The folder holds something else, or AWS does not give what is needed.
    """
    with console.status("Reading corrections"):
        corrections = list(origin.corrections())
    usable = {each.identifier: each for each in corrections if each.consent}
    collection = Collection(directory, {"table": origin.table, "uploads_bucket": origin.uploads_bucket})
    removed = collection.keep_only(usable)
    looked: list[Looked] = []
    try:
        bar = track(usable.values(), len(usable), "Collecting photos")
        looked.extend(_look(origin, collection, correction) for correction in bar)
    finally:
        # Also when it is cut short: the one before may tell of what was withdrawn.
        collection.write_table(COLUMNS, (each.row() for each in looked))
    return Collected(len(corrections) - len(usable), removed, looked)


def _look(origin: Origin, collection: Collection, correction: Correction) -> Looked:
    try:
        fetched = _bring(origin, collection, correction)
    except LeftOut as reason:
        # What is there is of an earlier upload, or was told to be something else.
        collection.remove(correction.identifier)
        return Looked(correction, left_out=reason)
    return Looked(correction, collection.path(correction), fetched)


def _bring(origin: Origin, collection: Collection, correction: Correction) -> bool:
    """Have a photo at its place; return whether it was fetched for that."""
    if correction.told is not None and (not correction.told or slugify(correction.told) != correction.told):
        raise LeftOut(NO_SLUG, correction.told)
    if correction in collection:
        collection.sort(correction)
        return False
    photo = _original(origin, correction)
    collection.put(correction, photo, _suffix(photo))
    return True


def _original(origin: Origin, correction: Correction) -> bytes:
    if correction.key is None:
        raise LeftOut(NOT_KEPT)
    try:
        found = origin.photo(correction.key)
    except VanishedPhoto:
        raise LeftOut(GONE) from None
    # The record is not about the newer photo yet; when it is, the correction is forgotten.
    if found.modified > correction.landed_at + _CLOCK:
        raise LeftOut(REPLACED)
    return found.content


def _suffix(photo: bytes) -> str:
    """Return the suffix that a photo's bytes call for, whatever it was called."""
    try:
        return SUFFIXES[read_photo(photo, PreprocessingSpec(size=SIDE)).format]
    except Problem as problem:
        raise LeftOut(NOT_READABLE, problem.title) from None
