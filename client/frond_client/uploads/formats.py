"""Which files are photos, by their names."""

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


def is_photo(name: str) -> bool:
    """Tell whether a file or key is named as a photo."""
    return _suffix(name) in _CONTENT_TYPES


def content_type(name: str) -> str:
    """Return the content type of what is named as a photo."""
    return _CONTENT_TYPES[_suffix(name)]


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
