"""`Idempotency-Key`: a request that is sent again gets the answer that it got before.

As the draft standard has it (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header).
The record of the answer is what is remembered: its id is made of the key, and it is written once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import NAMESPACE_URL, uuid5

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from frond.problems import IdempotencyKeyReused
from frond.records import Record

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
PATTERN = "^[!-~]{1,255}$"


@dataclass(frozen=True, slots=True)
class Repetition:
    """What tells whether a request was sent before: the id of its answer's record, and what it asked."""

    identifier: str
    fingerprint: str

    @classmethod
    def of(
        cls, event: BaseProxyEvent, key: str | None, photos: Sequence[bytes], *question: object
    ) -> Self | None:
        """Return what a request may be recognised by; None for one without a key.

        Photos count by their bytes, not by the form that carries them: its boundary is another each time.
        """
        if key is None:
            return None
        # Two callers may choose the same key.
        caller = event["requestContext"].get("identity", {}).get("apiKeyId") or ""
        asked = hashlib.sha256(repr(question).encode())
        for photo in photos:
            asked.update(hashlib.sha256(photo).digest())
        return cls(str(uuid5(NAMESPACE_URL, f"urn:frond:{caller}:{key}")), asked.hexdigest())

    def checked(self, record: Record) -> Record:
        """Return the record that a request with this key left, if it asked the same.

        Raises
        ------
        frond.problems.IdempotencyKeyReused
            It asked something else.
        """
        if record.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused
        return record
