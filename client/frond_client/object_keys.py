"""Classification ids in the keys of uploads, pictures and results."""

import hashlib
import re

_RESERVED_KEY = re.compile(r"api/([0-9a-f]{32})")
RESULTS_PREFIX = "results/"
_ID_LENGTH = 32


def classification_id(upload_key: str) -> str:
    """Return the classification id of an upload: a hash of its key, unless the API chose the key for an id.

    Raises
    ------
    UnicodeEncodeError
        If the key has no UTF-8 encoding, as some file names have none.
    """
    if reserved := _RESERVED_KEY.fullmatch(upload_key):
        return reserved[1]
    return hashlib.sha256(upload_key.encode()).hexdigest()[:_ID_LENGTH]


def picture_classification_id(picture_key: str) -> str | None:
    """Return the id in a picture's key, ``<id>/<sequencer>/picture.png``; ``None`` for any other key."""
    identifier, _, rest = picture_key.partition("/")
    is_id = len(identifier) == _ID_LENGTH and set(identifier) <= set("0123456789abcdef")
    return identifier if rest and is_id else None


def result_key(identifier: str) -> str:
    """Return the key of a classification's result."""
    return f"{RESULTS_PREFIX}{identifier}.json"
