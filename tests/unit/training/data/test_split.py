"""Splits are stratified, deterministic and do not divide near-duplicate groups."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from training.data.split import SPLITS, Split, as_split, move_validation_to_train, split_groups
from training.errors import TrainingError

SHARES: dict[Split, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}


@pytest.mark.parametrize("photos", [1, 2, 3, 5, 7, 10, 20, 100, 333])
def test_single_photos_meet_the_shares_within_one(photos: int) -> None:
    found = Counter(split_groups([0] * photos, range(photos), SHARES, seed=1))
    for split in SPLITS:
        assert abs(found[split] - SHARES[split] * photos) <= 1


def test_every_class_is_in_every_split() -> None:
    labels = [0] * 200 + [1] * 20 + [2] * 7
    found = Counter(zip(labels, split_groups(labels, range(227), SHARES, seed=1), strict=True))
    assert all(found[label, split] for label in range(3) for split in SPLITS)


@pytest.mark.parametrize("seed", range(5))
def test_a_group_stays_in_one_split(seed: int) -> None:
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 4, 300).tolist()
    groups = draw.integers(0, 80, 300).tolist()
    sides: dict[int, set[Split]] = defaultdict(set)
    for group, split in zip(groups, split_groups(labels, groups, SHARES, seed), strict=True):
        sides[group].add(split)
    assert all(len(side) == 1 for side in sides.values())
    assert set.union(*sides.values()) == set(SPLITS)


def test_shares_are_close_with_large_groups() -> None:
    groups = [*[0] * 12, *[1] * 9, *[2] * 5, *range(3, 77)]
    found = Counter(split_groups([0] * len(groups), groups, SHARES, seed=3))
    for split in SPLITS:
        assert abs(found[split] - SHARES[split] * 100) <= 1


def test_the_seed_decides_the_split() -> None:
    labels = [i % 3 for i in range(90)]
    first, again, other = (split_groups(labels, range(90), SHARES, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert Counter(zip(labels, first, strict=True)) == Counter(zip(labels, other, strict=True))


def test_the_only_photo_of_a_class_is_trained_on() -> None:
    assert split_groups([0] * 20 + [1], range(21), SHARES, seed=1)[-1] == "train"


def test_a_class_that_is_one_group_is_trained_on() -> None:
    assert set(split_groups([0] * 10, [0] * 10, SHARES, seed=1)) == {"train"}


def test_no_photos() -> None:
    assert split_groups([], [], SHARES, seed=1) == []


def test_a_split_by_its_name() -> None:
    assert [as_split(name) for name in SPLITS] == list(SPLITS)
    with pytest.raises(TrainingError, match="train, validation, test"):
        as_split("holdout")


class TestFixedSplits:
    """Photos with a fixed split keep it."""

    def test_fixed_photos_stay_and_their_group_follows(self) -> None:
        fixed_splits: list[Split | None] = ["test", None, None, "validation", None, None]
        found = split_groups([0] * 6, [0, 0, 1, 2, 3, 4], SHARES, seed=1, fixed_splits=fixed_splits)
        assert found[:2] == ["test", "test"]
        assert found[3] == "validation"

    def test_a_group_fixed_in_two_splits_stays_divided(self) -> None:
        fixed_splits: list[Split | None] = ["test", "train", None]
        found = split_groups([0] * 3, [0, 0, 0], SHARES, seed=1, fixed_splits=fixed_splits)
        assert found == ["test", "train", "test"]

    def test_the_other_photos_even_the_shares_out(self) -> None:
        fixed_splits: list[Split | None] = ["train" if i < 60 else None for i in range(100)]
        found = Counter(split_groups([0] * 100, range(100), SHARES, seed=1, fixed_splits=fixed_splits))
        assert found == {"train": 70, "validation": 15, "test": 15}


class TestMoveValidationToTrain:
    """Validation photos move to train, down to the share."""

    @pytest.mark.parametrize("seed", range(5))
    def test_only_whole_groups_move(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        labels = np.repeat([0, 1, 2], 100).tolist()
        groups = [label * 100 + int(draw.integers(0, 60)) for label in labels]
        before = split_groups(labels, groups, SHARES, seed)

        after = move_validation_to_train(labels, groups, before, 0.07, seed)

        assert {pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]} == {
            ("validation", "train")
        }
        sides: dict[int, set[Split]] = defaultdict(set)
        for group, split in zip(groups, after, strict=True):
            sides[group].add(split)
        assert all(len(side) == 1 for side in sides.values())

    def test_each_class_keeps_its_validation_share(self) -> None:
        labels = [0] * 200 + [1] * 40
        before = split_groups(labels, range(240), SHARES, seed=1)
        found = Counter(
            zip(labels, move_validation_to_train(labels, range(240), before, 0.05, 1), strict=True)
        )
        assert (found[0, "validation"], found[1, "validation"]) == (10, 2)
        assert (found[0, "test"], found[1, "test"]) == (30, 6)

    def test_a_class_keeps_its_last_validation_group(self) -> None:
        before: list[Split] = ["train", "validation", "validation", "test"]
        assert move_validation_to_train([0] * 4, [0, 1, 1, 2], before, 0, seed=1) == before

    @pytest.mark.parametrize("seed", range(5))
    def test_near_duplicates_of_test_photos_never_move(self, seed: int) -> None:
        before: list[Split] = ["validation", "test", "validation", "validation"]
        after = move_validation_to_train([0] * 4, [0, 0, 1, 2], before, 0, seed)
        assert after[:2] == ["validation", "test"]
        assert after[2:] == ["train", "train"]

    def test_a_share_that_is_not_exceeded_moves_nothing(self) -> None:
        before = split_groups([0] * 100, range(100), SHARES, seed=1)
        assert move_validation_to_train([0] * 100, range(100), before, 0.3, seed=1) == before
