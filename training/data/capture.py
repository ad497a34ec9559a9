"""When and with which camera a photo was taken, from its EXIF metadata."""

import warnings
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from PIL import ExifTags, Image

_TIME_FORMAT = "%Y:%m:%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Capture:
    """The camera (maker, model and serial number) and its local time."""

    camera: str
    time: datetime


def read_capture(photo: bytes) -> Capture | None:
    """Read the EXIF metadata of a photo; None if it has no time.

    Parameters
    ----------
    photo
        The bytes of a file that :func:`frond.preprocessing.read_photo` reads, which registers its format.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exif = Image.open(BytesIO(photo)).getexif()
            details = exif.get_ifd(ExifTags.IFD.Exif)
    except Exception:  # noqa: BLE001 - damaged metadata raises almost anything, and the photo is readable
        return None
    time = _time(details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime))
    if time is None:
        return None
    camera = (
        exif.get(ExifTags.Base.Make),
        exif.get(ExifTags.Base.Model),
        details.get(ExifTags.Base.BodySerialNumber),
    )
    return Capture(" ".join(_text(part) for part in camera if part), time)


def _time(value: object) -> datetime | None:
    try:
        return datetime.strptime(_text(value), _TIME_FORMAT)  # noqa: DTZ007 - cameras record no time zone
    except ValueError:
        return None


def _text(value: object) -> str:
    return str(value or "").strip("\0 ")
