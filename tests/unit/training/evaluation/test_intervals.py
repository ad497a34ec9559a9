"""Intervals of shares by hand, and their coverage on simulated photos."""

import numpy as np
import pytest

from training.evaluation.intervals import Resamples, mean_interval, share_interval


@pytest.mark.parametrize(
    ("hits", "photos", "low", "high"),
    [
        (180, 180, 0.9797, 1),  # 0.025 ** (1 / 180)
        (0, 180, 0, 0.0203),
        (8, 10, 0.4439, 0.9748),  # Clopper & Pearson's own table: 0.444 to 0.975
        (0, 0, 0, 1),
    ],
)
def test_exact_interval_of_a_share(hits: int, photos: int, low: float, high: float) -> None:
    assert share_interval(hits, photos) == pytest.approx((low, high), abs=1e-4)


def test_it_holds_the_true_share_at_least_as_often_as_it_says() -> None:
    drawn = np.random.default_rng(0).binomial(40, 0.97, size=2000)
    intervals = {int(hits): share_interval(int(hits), 40) for hits in np.unique(drawn)}

    held = [intervals[int(hits)][0] <= 0.97 <= intervals[int(hits)][1] for hits in drawn]
    assert np.mean(held) >= 0.95


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=400)

    low, high = mean_interval(values, np.arange(400))

    reach = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.015)


def test_photos_of_one_group_are_one_observation() -> None:
    """Four photos of each of 100 plants, which are all alike, tell no more than 100 photos."""
    plants = np.random.default_rng(0).normal(size=100)

    low, high = mean_interval(np.repeat(plants, 4), np.repeat(np.arange(100), 4))
    alone = mean_interval(np.repeat(plants, 4), np.arange(400))

    assert high - low == pytest.approx(2 * (alone[1] - alone[0]), rel=0.15)


def test_resamples_are_those_of_whole_groups() -> None:
    resamples = Resamples.of(np.array([7, 7, 9]))

    found = resamples.sums(np.array([1.0, 1.0, 10.0]))

    assert set(found.tolist()) == {4.0, 12.0, 20.0}
    assert resamples.sums(np.ones((3, 2))).shape == (len(found), 2)
