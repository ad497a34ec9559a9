"""Price of EMR Serverless, by AWS's list prices."""

# On demand in us-east-1, x86_64: https://aws.amazon.com/emr/pricing/, read on 2026-11-27.
# `frond batch` has the same prices with their sources; a test keeps both equal.
DOLLARS_PER_VCPU_HOUR = 0.052624
DOLLARS_PER_GB_HOUR = 0.0057785
# The job's workers, as `frond batch submit` asks for them.
GB_PER_VCPU = 4


def core_dollars(seconds: float) -> float:
    """Return the price of a number of core seconds in dollars, with their memory."""
    return seconds / 3600 * (DOLLARS_PER_VCPU_HOUR + GB_PER_VCPU * DOLLARS_PER_GB_HOUR)
