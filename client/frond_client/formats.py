"""Recognise photo files: by first bytes, by name, and in folders."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

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
EXTENSIONS = ", ".join(suffix[1:] for suffix in _CONTENT_TYPES)
# Folders that systems and archives add: Synology, QNAP, macOS, Windows, ext4 and Jupyter; in lower case.
_SYSTEM_FOLDERS = {
    *("@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "__macosx", "$recycle.bin"),
    *("system volume information", "lost+found", "__pycache__", "ipynb_checkpoints"),
}
UNKNOWN_TYPE = "application/octet-stream"

_SIGNATURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
}
# Brands of ISO base media files: ISO/IEC 23008-12, annex B, and AV1 Image File Format, section 6.
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
    """Return whether a file name or key has the extension of a photo."""
    return _suffix(name) in _CONTENT_TYPES


def content_type_from_name(name: str) -> str:
    """Return the content type of a file's extension; `UNKNOWN_TYPE` if it is not a photo's."""
    return _CONTENT_TYPES.get(_suffix(name), UNKNOWN_TYPE)


def content_type_from_bytes(data: bytes) -> str | None:
    """Return the content type of a file's signature; ``None`` if the signature is unknown."""
    for signature, content_type in _SIGNATURES.items():
        if data.startswith(signature):
            return content_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return _BRANDS.get(data[8:12]) if data[4:8] == b"ftyp" else None


def is_passed_over(name: str) -> bool:
    """Return whether a file or folder of this name is hidden, or a folder of the system."""
    return name.startswith(".") or name.casefold() in _SYSTEM_FOLDERS


def is_special_file(path: Path) -> bool:
    """Return whether a path is a named pipe, a socket or a device, whose reading may never end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        # Reading it gives the reason.
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def walk_files(folder: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the files of a folder and its subfolders, sorted by name, without hidden ones.

    Folders of the system are passed over, too. A file may be a special one.

    Parameters
    ----------
    on_error
        Called for each folder that cannot be read.
    """
    for parent, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = sorted(name for name in folders if not is_passed_over(name))
        for name in sorted(names):
            if not is_passed_over(name):
                yield Path(parent, name)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
