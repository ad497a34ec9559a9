"""What becomes of photos that are the same, or nearly, under two labels."""

from enum import StrEnum


class LabelConflictPolicy(StrEnum):
    """Leave these photos out, refuse the source, or keep each label; the data card lists them."""

    DROP = "drop"
    REFUSE = "refuse"
    KEEP = "keep"
