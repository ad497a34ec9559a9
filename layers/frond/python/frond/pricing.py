"""What an invocation of a function costs, by AWS's list prices."""

from typing import Literal

Architecture = Literal["x86_64", "arm64"]

# On demand in us-east-1, the first tier: https://aws.amazon.com/lambda/pricing/, looked up on 2026-11-21.
# `frond cost` has the same prices, and where each was read; a test holds both equal.
DOLLARS_PER_GB_SECOND: dict[Architecture, float] = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
DOLLARS_PER_REQUEST = 0.0000002


def invocation_dollars(milliseconds: float, megabytes: int, architecture: Architecture) -> float:
    """Return what an invocation costs, without any free tier.

    Parameters
    ----------
    milliseconds
        The time that is billed: of the call, and of the start before it if there was one.
    megabytes
        The function's memory, 128 to 10,240 MB; Lambda's GB have 1,024 of them.
    """
    gigabyte_seconds = megabytes / 1024 * milliseconds / 1000
    return gigabyte_seconds * DOLLARS_PER_GB_SECOND[architecture] + DOLLARS_PER_REQUEST
