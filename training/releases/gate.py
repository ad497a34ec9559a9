"""A release gate and the numbers of a manifest."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: measured value, required value and result."""

    name: str
    measured: str
    required: str
    passed: bool


def number(numbers: Mapping[str, Any], name: str) -> float | None:
    """Return a finite number of a manifest; None where it has none."""
    value = numbers.get(name)
    known = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if known and value is not None else None
