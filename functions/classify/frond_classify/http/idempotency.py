"""`Idempotency-Key`: a repeated request gets the response of the first one.

As in https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header. The record of the
classification holds the response: its id is a hash of the key, and it is written once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import NAMESPACE_URL, uuid5

from frond.problems import IdempotencyKeyReused
from frond.records import Record
from frond_classify.caller import Caller

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
PATTERN = "^[!-~]{1,255}$"


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request with an idempotency key: the id of its record, and a fingerprint of its content."""

    identifier: str
    fingerprint: str

    @classmethod
    def of(cls, caller: Caller, key: str | None, photos: Sequence[bytes], *options: object) -> Self | None:
        """Return the identity of a request; None without a key.

        The fingerprint covers the bytes of the photos, not of the form: its boundary differs each time.
        """
        if key is None:
            return None
        fingerprint = hashlib.sha256(repr(options).encode())
        for photo in photos:
            fingerprint.update(hashlib.sha256(photo).digest())
        # Two callers may choose the same key.
        return cls(str(uuid5(NAMESPACE_URL, f"urn:frond:{caller.key_id}:{key}")), fingerprint.hexdigest())

    def verify(self, record: Record) -> Record:
        """Return the record of an earlier request with this key, if that had the same content.

        Raises
        ------
        frond.problems.IdempotencyKeyReused
            The content was different.
        """
        if record.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused
        return record
