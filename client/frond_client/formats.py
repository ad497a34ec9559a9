"""Which format a photo has: by its first bytes, or by its name."""

from pathlib import PurePosixPath

_CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".avif": "image/avif",
    ".gif": "image/gif",
}
SUFFIXES = ", ".join(suffix[1:] for suffix in _CONTENT_TYPES)
UNKNOWN = "application/octet-stream"

_BEGINNINGS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
}
# ISO/IEC 23008-12, annex B, and AV1 Image File Format, section 6: which brand a file of boxes has.
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
}


def is_photo(name: str) -> bool:
    """Tell whether a file or key is named as a photo."""
    return _suffix(name) in _CONTENT_TYPES


def content_type(name: str) -> str:
    """Return the content type of what is named as a photo; `UNKNOWN` for any other."""
    return _CONTENT_TYPES.get(_suffix(name), UNKNOWN)


def content_type_of(data: bytes) -> str | None:
    """Return the content type that a file's first bytes tell; ``None`` if they tell none."""
    for beginning, known in _BEGINNINGS.items():
        if data.startswith(beginning):
            return known
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return _BRANDS.get(data[8:12]) if data[4:8] == b"ftyp" else None


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
