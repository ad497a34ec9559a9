"""Which classification an upload has."""

import hashlib

LENGTH = 32


def classification_id(key: str) -> str:
    """Return the id of the classification of an object whose key its uploader chose.

    Raises
    ------
    UnicodeEncodeError
        If the key is no text that UTF-8 can say, as names of files sometimes are.
    """
    return hashlib.sha256(key.encode()).hexdigest()[:LENGTH]
