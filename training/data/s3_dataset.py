"""Prepared data sets in S3, cached on this machine."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from training.data.dataset import CARD_NAME, PHOTOS_NAME, PICTURES_NAME, Dataset
from training.data.integrity import has_changed
from training.errors import TrainingError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"
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
        The folder of downloads; by default ``$FROND_CACHE``, or ``~/.cache/frond``.

    Raises
    ------
    training.errors.TrainingError
        S3 has no data set there, or does not give it; or its files do not fit its card.
    """
    if not location.startswith(SCHEME):
        return Path(location)
    bucket, _, prefix = location.removeprefix(SCHEME).partition("/")
    root = cache or Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "frond")
    try:
        return _cached(boto3.client("s3"), bucket, prefix.strip("/"), root / "datasets")
    except (BotoCoreError, ClientError) as error:
        raise TrainingError(f"Cannot read the data set {location}: {error}") from error


def _cached(s3: "S3Client", bucket: str, prefix: str, root: Path) -> Path:
    base = f"{prefix}/" if prefix else ""
    card = s3.get_object(Bucket=bucket, Key=base + CARD_NAME)["Body"].read()
    target = root / sha256(f"{bucket}/{base}".encode() + card).hexdigest()[:32]
    if target.exists():
        return target
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".download-") as scratch:
        draft = Path(scratch) / "dataset"
        draft.mkdir()
        (draft / CARD_NAME).write_bytes(card)
        for name in (PHOTOS_NAME, PICTURES_NAME):
            s3.download_file(bucket, base + name, str(draft / name))
        if has_changed(Dataset(draft)):
            raise TrainingError(
                f"The files in s3://{bucket}/{base} do not fit their card; copy the data set again."
            )
        _rename(draft, target)
    return target


def _rename(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        # Another process has downloaded the same data set meanwhile.
        if not target.exists():
            raise
