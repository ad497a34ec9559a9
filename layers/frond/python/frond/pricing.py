"""Price of a Lambda invocation, by AWS's list prices."""

from typing import Literal

Architecture = Literal["x86_64", "arm64"]

# On demand in us-east-1, the first tier: https://aws.amazon.com/lambda/pricing/, read on 2026-11-21.
# `frond cost` has the same prices with their sources; a test keeps both equal.
DOLLARS_PER_GB_SECOND: dict[Architecture, float] = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
DOLLARS_PER_REQUEST = 0.0000002


def invocation_dollars(milliseconds: float, megabytes: int, architecture: Architecture) -> float:
    """Return the price of an invocation in dollars, without the free tier.

    Parameters
    ----------
    milliseconds
        Billed time: the call, and the cold start if there was one.
    megabytes
        The function's memory, 128 to 10,240 MB; a GB of Lambda is 1,024 MB.
    """
    gigabyte_seconds = megabytes / 1024 * milliseconds / 1000
    return gigabyte_seconds * DOLLARS_PER_GB_SECOND[architecture] + DOLLARS_PER_REQUEST
