"""Everybody has the same turns, and figures are what statistics says they are."""

from collections import Counter
from itertools import pairwise

import pytest

from benchmarks.rounds import Figures, interleaved


def test_everybody_has_a_turn_in_each_round_before_the_next_begins() -> None:
    turns = list(interleaved("abcd", rounds=5))
    assert [number for number, _ in turns] == sorted(number for number, _ in turns)
    for number in range(5):
        assert Counter(turn for which, turn in turns if which == number) == Counter("abcd")


def test_nobody_always_comes_after_the_same() -> None:
    order = [turn for _, turn in interleaved("abcd", rounds=20)]
    before_b = {first for first, second in pairwise(order) if second == "b"}
    assert before_b >= {"a", "c", "d"}


def test_two_runs_have_the_same_order() -> None:
    assert list(interleaved("abcd", rounds=3)) == list(interleaved("abcd", rounds=3))


def test_one_slow_turn_moves_neither_the_median_nor_the_ratio() -> None:
    quiet, disturbed = Figures((10.0, 10.0, 10.0)), Figures((20.0, 20.0, 900.0))
    assert disturbed.median == 20
    assert disturbed.times(quiet) == 2


def test_the_p95_lies_between_the_two_values_around_it() -> None:
    assert Figures(tuple(float(value) for value in range(1, 102))).p95 == pytest.approx(96)
    assert Figures((1.0, 3.0)).p95 == pytest.approx(2.9)
