"""Synchronize a folder of photos with the users' corrections."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath

from frond.manifest import slugify
from frond.preprocessing import PreprocessingSpec, read_photo
from frond.problems import Problem, VanishedPhoto
from training.feedback.collection import PhotoCollection
from training.feedback.correction import Correction
from training.feedback.origin import Origin
from training.progress import console, track

SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "HEIF": ".heic", "AVIF": ".avif", "GIF": ".gif"}
# Only to check that the photo can be decoded; small is fast.
SIDE = 16
COLUMNS = (
    "id",
    "file",
    "key",
    "species",
    "predicted_species",
    "confidence",
    "model_version",
    "comment",
    "uploaded_at",
    "skipped",
)
NOT_STORED = "sent over HTTP, which stores no photo"
GONE = "the photo was deleted or has expired"
REPLACED = "replaced by another photo under its key"
NO_SLUG = "the corrected species is not a slug"
UNREADABLE = "unreadable"
# S3 has times in seconds, its notifications in milliseconds.
_CLOCK = timedelta(seconds=2)


class PhotoSkipped(Exception):  # noqa: N818 - not an error
    """A photo is not collected: a reason, to count photos by, and details."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CorrectionOutcome:
    """Outcome of one correction: the photo's path in the folder, or the reason that it was skipped."""

    correction: Correction
    path: PurePosixPath | None = None
    fetched: bool = False
    skipped: PhotoSkipped | None = None

    def row(self) -> dict[str, object]:
        """Return its row of ``feedback.csv``."""
        return {
            "id": self.correction.identifier,
            "file": self.path or "",
            "key": self.correction.key,
            "species": self.correction.species,
            "predicted_species": self.correction.predicted_species,
            "confidence": self.correction.confidence,
            "model_version": self.correction.model_version,
            "comment": self.correction.comment,
            "uploaded_at": self.correction.uploaded_at.isoformat(),
            "skipped": self.skipped or "",
        }


@dataclass(frozen=True, slots=True)
class CollectionResult:
    """Outcomes of all corrections.

    Attributes
    ----------
    without_consent
        Number of corrections that may not be used.
    removed
        Number of photos removed, because consent or record was removed.
    outcomes
        Outcomes of the others.
    """

    without_consent: int
    removed: int
    outcomes: list[CorrectionOutcome]

    def folders(self) -> dict[PurePosixPath, tuple[int, int]]:
        """Return the number of photos, and of new photos, by folder."""
        total = Counter(each.path.parent for each in self.outcomes if each.path)
        new = Counter(each.path.parent for each in self.outcomes if each.path and each.fetched)
        return {folder: (total[folder], new[folder]) for folder in sorted(total)}

    def skipped(self) -> Counter[str]:
        """Return the number of skipped photos by reason."""
        return Counter(each.skipped.reason for each in self.outcomes if each.skipped)


def collect(origin: Origin, directory: Path) -> CollectionResult:
    """Synchronize a folder with the corrections whose photos may be used.

    All corrections are read before anything changes, and withdrawn photos are removed first. An interrupted
    collection resumes when it is run again.

    Raises
    ------
    training.errors.TrainingError
        The folder holds other files, or a call to AWS failed.
    """
    with console.status("Reading corrections"):
        corrections = list(origin.corrections())
    usable = {each.identifier: each for each in corrections if each.consent}
    collection = PhotoCollection(directory, {"table": origin.table, "uploads_bucket": origin.uploads_bucket})
    removed = collection.keep_only(usable)
    outcomes: list[CorrectionOutcome] = []
    try:
        bar = track(usable.values(), len(usable), "Collecting photos")
        outcomes.extend(_process(origin, collection, correction) for correction in bar)
    finally:
        # Even if interrupted, because the previous table may list withdrawn photos.
        collection.write_table(COLUMNS, (each.row() for each in outcomes))
    return CollectionResult(len(corrections) - len(usable), removed, outcomes)


def _process(origin: Origin, collection: PhotoCollection, correction: Correction) -> CorrectionOutcome:
    try:
        fetched = _ensure_photo(origin, collection, correction)
    except PhotoSkipped as reason:
        # An existing photo is of an earlier upload or has another species.
        collection.remove(correction.identifier)
        return CorrectionOutcome(correction, skipped=reason)
    return CorrectionOutcome(correction, collection.path(correction), fetched)


def _ensure_photo(origin: Origin, collection: PhotoCollection, correction: Correction) -> bool:
    """Put a photo at its path; return whether it was downloaded."""
    if correction.species is not None and (
        not correction.species or slugify(correction.species) != correction.species
    ):
        raise PhotoSkipped(NO_SLUG, correction.species)
    if correction in collection:
        collection.move_to_species(correction)
        return False
    photo = _download(origin, correction)
    collection.put(correction, photo, _suffix(photo))
    return True


def _download(origin: Origin, correction: Correction) -> bytes:
    if correction.key is None:
        raise PhotoSkipped(NOT_STORED)
    try:
        photo = origin.photo(correction.key)
    except VanishedPhoto:
        raise PhotoSkipped(GONE) from None
    # The record is not updated to the newer photo yet; then the correction will be removed.
    if photo.modified > correction.uploaded_at + _CLOCK:
        raise PhotoSkipped(REPLACED)
    return photo.content


def _suffix(photo: bytes) -> str:
    """Return the file suffix of a photo's actual format."""
    try:
        return SUFFIXES[read_photo(photo, PreprocessingSpec(size=SIDE)).format]
    except Problem as problem:
        raise PhotoSkipped(UNREADABLE, problem.title) from None
