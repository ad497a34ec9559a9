"""Bound the time of operators by arithmetic or memory bandwidth."""

import pytest

from benchmarks.operators import Operator
from benchmarks.roofline import Ceiling, bound_ms, by_kind

CEILING = Ceiling(threads=1, int8=200.0, fp32=50.0, bandwidth=20.0)


def operator(macs: int, size: int, kind: str = "1×1 convolution", index: int = 0) -> Operator:
    return Operator(index, kind, ((1, index),), "", macs, size)


def test_an_operator_with_much_arithmetic_is_compute_bound() -> None:
    assert bound_ms(operator(macs=2 * 10**9, size=1000), CEILING) == pytest.approx(10)


def test_an_operator_with_little_arithmetic_is_memory_bound() -> None:
    assert bound_ms(operator(macs=0, size=20 * 10**6), CEILING) == pytest.approx(1)


def test_operators_are_summed_by_kind_the_slowest_first() -> None:
    found = [
        operator(10**9, 10**6, index=1),
        operator(10**9, 10**6, index=2),
        operator(0, 2 * 10**6, "add", index=3),
    ]
    typical = {found[0].signature: 6.0, found[1].signature: 7.0, found[2].signature: 0.3}
    pointwise, add = by_kind(found, typical, CEILING)
    assert (pointwise.count, pointwise.macs, pointwise.ms) == (2, 2 * 10**9, 13.0)
    assert pointwise.bound_ms == pytest.approx(10)
    assert (add.kind, add.ms) == ("add", 0.3)
    assert add.bound_ms == pytest.approx(0.1)
