"""Prepared data sets in S3, cached on this machine."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from training.data.dataset import CARD_NAME, PHOTOS_NAME, PICTURES_NAME, Dataset
from training.data.integrity import has_changed
from training.errors import TrainingError
from training.s3_folder import SCHEME, S3Folder

CACHE_VARIABLE = "FROND_CACHE"


def local_dataset(location: str, cache: Path | None = None) -> Path:
    """Return the folder of a data set; one in S3 is downloaded once.

    A download is checked against its card and renamed into place, so that several processes may share a
    cache. Another card at the same place is another data set, which is downloaded, too.

    Parameters
    ----------
    location
        A folder, or ``s3://bucket/prefix`` with the files that ``prepare`` wrote.
    cache
        The folder of downloads; by default that of :func:`cache_folder`.

    Raises
    ------
    training.errors.TrainingError
        S3 has no data set there, or does not give it; or its files do not fit its card.
    """
    if not location.startswith(SCHEME):
        return Path(location)
    return _cached(S3Folder(location), (cache or cache_folder()) / "datasets")


def cache_folder() -> Path:
    """Return the folder of downloads, ``$FROND_CACHE`` or ``~/.cache/frond``."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "frond")


def _cached(stored: S3Folder, root: Path) -> Path:
    card = stored.read(CARD_NAME)
    target = root / sha256(f"{stored.bucket}/{stored.base}".encode() + card).hexdigest()[:32]
    if target.exists():
        return target
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".download-") as scratch:
        draft = Path(scratch) / "dataset"
        draft.mkdir()
        (draft / CARD_NAME).write_bytes(card)
        for name in (PHOTOS_NAME, PICTURES_NAME):
            stored.download(name, draft / name)
        if has_changed(Dataset(draft)):
            raise TrainingError(f"The files in {stored} do not fit their card; copy the data set again.")
        _rename(draft, target)
    return target


def _rename(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        # Another process has downloaded the same data set meanwhile.
        if not target.exists():
            raise
