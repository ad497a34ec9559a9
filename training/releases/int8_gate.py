"""The gate on quantization: how many errors int8 adds to the float model's."""

from collections.abc import Mapping

from training.int8_limits import MIN_TOP1_AGREEMENT, adds_errors, allowed
from training.releases.gate import Gate, number

NAME = "errors added by int8"


def int8_gate(agreement: Mapping[str, float]) -> Gate:
    """Judge int8 by its paired errors; an export that did not count them by its agreement."""
    lost, won, photos = (number(agreement, name) for name in ("lost", "won", "photos"))
    if lost is None or won is None or not photos:
        return _by_agreement(number(agreement, "top1"))
    measured = f"{lost:.0f} lost and {won:.0f} won of {photos:.0f} validation photos"
    return Gate(NAME, measured, allowed(photos), not adds_errors(lost, won, photos))


def _by_agreement(top1: float | None) -> Gate:
    measured = "not measured" if top1 is None else f"same answer on {top1:.2%} of photos"
    passed = top1 is not None and top1 >= MIN_TOP1_AGREEMENT
    return Gate(NAME, measured, f"same answer on at least {MIN_TOP1_AGREEMENT:.0%}", passed)
