"""Price of EMR Serverless, by AWS's list prices."""

from typing import Literal

Architecture = Literal["x86_64", "arm64"]

# On demand in us-east-1: https://aws.amazon.com/emr/pricing/, read on 2026-11-27.
# `frond batch` has the same prices with their sources; a test keeps both equal.
DOLLARS_PER_VCPU_HOUR: dict[Architecture, float] = {"x86_64": 0.052624, "arm64": 0.0420992}
DOLLARS_PER_GB_HOUR: dict[Architecture, float] = {"x86_64": 0.0057785, "arm64": 0.0046228}
# The job's workers, as `frond batch submit` asks for them.
GB_PER_VCPU = 2


def core_dollars(seconds: float, architecture: Architecture = "x86_64") -> float:
    """Return the price of a number of core seconds in dollars, with their memory."""
    memory = GB_PER_VCPU * DOLLARS_PER_GB_HOUR[architecture]
    return seconds / 3600 * (DOLLARS_PER_VCPU_HOUR[architecture] + memory)
