"""Uploaded photos: their ids, their order, and the metadata that refers to them."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

# Longer than any sequencer of S3's so far, so that all compare as text.
_SEQUENCER_DIGITS = 32
_RESERVED_KEY = re.compile(r"api/([0-9a-f]{32})")
# The id of an API key has letters and digits only.
_OWNED_KEY = re.compile(r"owners/([0-9A-Za-z]{1,64})/.")


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of an object in the uploads bucket.

    Attributes
    ----------
    key
        The decoded key.
    version
        Of the object; None in a bucket without versions.
    sequencer
        Hexadecimal digits that grow with every change of the key; see :func:`sequencer`.
    created_at
        When it was uploaded.
    tag
        The tag in its metadata; None if it has none, or was not read yet.
    """

    bucket: str
    key: str
    version: str | None
    sequencer: str
    created_at: datetime
    tag: str | None = None

    @property
    def identifier(self) -> str:
        """The classification's id; see :func:`identifier_of`."""
        return identifier_of(self.key)

    @property
    def owner(self) -> str | None:
        """The owner of the classification; see :func:`owner_of`."""
        return owner_of(self.key)

    def to_metadata(self) -> dict[str, str]:
        """Return the S3 metadata by which a preprocessed object refers to this upload.

        Metadata is ASCII and at most 2 KB in all. In base64 even the longest key of 1,024 bytes fits.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
        """
        return {
            "upload-bucket": self.bucket,
            "upload-key-base64": base64.urlsafe_b64encode(self.key.encode()).decode(),
            "upload-sequencer": self.sequencer,
            "upload-time": self.created_at.isoformat(),
            **({"upload-version": self.version} if self.version else {}),
            **({"upload-tag": self.tag} if self.tag else {}),
        }

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> Self:
        """Return the upload that an object's metadata refers to.

        Raises
        ------
        ValueError
            The metadata lacks a member that :meth:`to_metadata` returns.
        """
        try:
            return cls(
                bucket=metadata["upload-bucket"],
                key=base64.urlsafe_b64decode(metadata["upload-key-base64"]).decode(),
                version=metadata.get("upload-version"),
                sequencer=metadata["upload-sequencer"],
                created_at=datetime.fromisoformat(metadata["upload-time"]),
                tag=metadata.get("upload-tag"),
            )
        except KeyError as missing:
            raise ValueError(f"the metadata has no {missing}") from missing


def identifier_of(key: str) -> str:
    """Return the id of a key's classification, which is that of its newest version.

    A key that `POST /v1/uploads` returned to an operator holds the id. For any other key the id is a hash of
    it, so that write access to one prefix cannot replace an upload under another.
    """
    if reserved := _RESERVED_KEY.fullmatch(key):
        return reserved[1]
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def owner_of(key: str) -> str | None:
    """Return the id of the API key that a key's upload belongs to; None if it belongs to the operator.

    The key alone decides, so that the S3 path needs no look-up: `owners/<id>/…` belongs to the API key with
    that id, and everything else to the operator.
    """
    owned = _OWNED_KEY.match(key)
    return owned[1] if owned else None


def reserved_key(token: str, owner: str | None = None) -> str:
    """Return the key for an upload whose id, :func:`identifier_of` the key, is issued before the upload.

    Parameters
    ----------
    token
        32 random hexadecimal digits.
    owner
        The id of the API key that the upload belongs to; None for the operator.
    """
    return f"api/{token}" if owner is None else f"owners/{owner}/api/{token}"


def sequencer(given: str | None, at: datetime) -> str:
    """Return a sequencer that compares as text with those of the same key: a later change has a greater one.

    Only S3 knows the order of its changes: its sequencers end in arbitrary digits, which no clock can be
    compared with. So a sequencer made of a time is smaller than every one of S3's.

    Parameters
    ----------
    given
        The sequencer of S3's notification. Shorter ones are padded with zeros on the right, see
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    at
        When the object changed, by S3's clock; used if no sequencer is given.
    """
    if given:
        return given.upper().ljust(_SEQUENCER_DIGITS, "0")
    moment = at.astimezone(UTC)
    return f"0000{int(moment.timestamp()):08X}{moment.microsecond:08X}".ljust(_SEQUENCER_DIGITS, "0")
