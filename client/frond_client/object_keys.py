"""Classification ids in the keys of uploads, pictures and results."""

import hashlib

RESULTS_PREFIX = "results/"
_ID_LENGTH = 32


def classification_id(upload_key: str) -> str:
    """Return the classification id of an upload, from a key that its uploader chose.

    Raises
    ------
    UnicodeEncodeError
        If the key has no UTF-8 encoding, as some file names have none.
    """
    return hashlib.sha256(upload_key.encode()).hexdigest()[:_ID_LENGTH]


def picture_classification_id(picture_key: str) -> str | None:
    """Return the id in a picture's key, ``<id>/<sequencer>/picture.png``; ``None`` for any other key."""
    identifier, _, rest = picture_key.partition("/")
    is_id = len(identifier) == _ID_LENGTH and set(identifier) <= set("0123456789abcdef")
    return identifier if rest and is_id else None


def result_key(identifier: str) -> str:
    """Return the key of a classification's result."""
    return f"{RESULTS_PREFIX}{identifier}.json"
