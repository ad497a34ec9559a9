"""Photos in the uploads bucket: what names one, which of two is newer, what its picture says of it."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

# Long enough for every sequencer that S3 was seen to give, so that they compare as plain text.
_SEQUENCER_DIGITS = 32
_RESERVED_KEY = re.compile(r"api/([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of one object.

    Attributes
    ----------
    key
        As the uploader wrote it, decoded.
    version
        Of the object; None in a bucket without versions.
    sequencer
        Hexadecimal digits that grow with every change of the key; see :func:`sequencer`.
    created_at
        When it landed.
    """

    bucket: str
    key: str
    version: str | None
    sequencer: str
    created_at: datetime

    @property
    def identifier(self) -> str:
        """The classification's id; see :func:`identifier_of`."""
        return identifier_of(self.key)

    @property
    def address(self) -> dict[str, str]:
        """Where it lies, as S3 is asked for it."""
        version = {"VersionId": self.version} if self.version else {}
        return {"Bucket": self.bucket, "Key": self.key, **version}

    def metadata(self) -> dict[str, str]:
        """Return what an object made of this upload carries to tell where it comes from.

        Metadata is ASCII and at most 2 KB in all; in base64 even the longest key of 1,024 bytes fits.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
        """
        return {
            "upload-bucket": self.bucket,
            "upload-key-base64": base64.urlsafe_b64encode(self.key.encode()).decode(),
            "upload-sequencer": self.sequencer,
            "upload-time": self.created_at.isoformat(),
        } | ({"upload-version": self.version} if self.version else {})

    @classmethod
    def of(cls, metadata: dict[str, str]) -> Self:
        """Return the upload that an object was made of.

        Raises
        ------
        ValueError
            The metadata is not what :meth:`metadata` gives.
        """
        try:
            return cls(
                bucket=metadata["upload-bucket"],
                key=base64.urlsafe_b64decode(metadata["upload-key-base64"]).decode(),
                version=metadata.get("upload-version"),
                sequencer=metadata["upload-sequencer"],
                created_at=datetime.fromisoformat(metadata["upload-time"]),
            )
        except KeyError as missing:
            raise ValueError(f"the metadata has no {missing}") from missing


def identifier_of(key: str) -> str:
    """Return the id of the classification of whatever is uploaded under a key.

    A key has one classification: that of its newest version. A key that the API handed out carries the id
    that the API promised; for any other it is made of the key.
    """
    if reserved := _RESERVED_KEY.fullmatch(key):
        return reserved[1]
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def reserved_key(identifier: str) -> str:
    """Return the key for an upload whose id, 32 hexadecimal digits, was given out before it."""
    return f"api/{identifier}"


def sequencer(given: str | None, at: datetime) -> str:
    """Return an upload's place in the order of its key's changes; as text, the later is the greater.

    Parameters
    ----------
    given
        What S3's notification tells. The shorter of two is to be filled up with zeros on the right:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    at
        When the object changed. Takes the place of what is not given: S3's own begin with the seconds, too.
    """
    if given:
        return given.upper().ljust(_SEQUENCER_DIGITS, "0")
    moment = at.astimezone(UTC)
    return f"00{int(moment.timestamp()):08X}{moment.microsecond:08X}".ljust(_SEQUENCER_DIGITS, "0")
