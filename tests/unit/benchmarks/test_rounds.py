"""Interleave turns, and summarize samples."""

from collections import Counter
from itertools import pairwise

import pytest

from benchmarks.rounds import Samples, interleaved


def test_each_round_has_every_turn_before_the_next_begins() -> None:
    turns = list(interleaved("abcd", rounds=5))
    assert [number for number, _ in turns] == sorted(number for number, _ in turns)
    for number in range(5):
        assert Counter(turn for which, turn in turns if which == number) == Counter("abcd")


def test_no_turn_always_follows_the_same_one() -> None:
    order = [turn for _, turn in interleaved("abcd", rounds=20)]
    before_b = {first for first, second in pairwise(order) if second == "b"}
    assert before_b >= {"a", "c", "d"}


def test_two_runs_have_the_same_order() -> None:
    assert list(interleaved("abcd", rounds=3)) == list(interleaved("abcd", rounds=3))


def test_one_slow_turn_changes_neither_the_median_nor_the_ratio() -> None:
    idle_waiter, disturbed = Samples((10.0, 10.0, 10.0)), Samples((20.0, 20.0, 900.0))
    assert disturbed.median == 20
    assert disturbed.times(idle_waiter) == 2


def test_the_p95_is_interpolated() -> None:
    assert Samples(tuple(float(value) for value in range(1, 102))).p95 == pytest.approx(96)
    assert Samples((1.0, 3.0)).p95 == pytest.approx(2.9)
