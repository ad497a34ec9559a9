"""Whole groups are drawn for the splits, of every class alike."""

from collections import Counter, defaultdict

import pytest

from training.data.group_split import split_stratified_groups
from training.data.split import SPLITS, Split

SHARES: dict[Split, float] = {"train": 0.7, "validation": 0.15, "test": 0.15}


def plants(count: int, shots: int, classes: int) -> tuple[list[int], list[int]]:
    groups = [plant for plant in range(count) for _ in range(shots)]
    return [plant % classes for plant in groups], groups


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_plant_is_in_one_split_and_the_shares_are_met(seed: int) -> None:
    labels, groups = plants(120, 5, 4)
    found = split_stratified_groups(labels, groups, SHARES, seed)
    sides: dict[int, set[Split]] = defaultdict(set)
    for group, split in zip(groups, found, strict=True):
        sides[group].add(split)
    assert all(len(side) == 1 for side in sides.values())
    assert Counter(found) == {"train": 420, "validation": 90, "test": 90}
    assert min(Counter(zip(labels, found, strict=True)).values()) >= 15


def test_a_group_of_several_classes() -> None:
    plots = [plot for plot in range(20) for _ in range(6)]
    labels = [photo % 3 for photo in range(120)]
    found = Counter(zip(labels, split_stratified_groups(labels, plots, SHARES, 1), strict=True))
    assert {(label, split): found[label, split] for label in range(3) for split in SPLITS} == found
    assert all(found[label, "test"] == 6 for label in range(3))


def test_three_plants_of_each_class_are_one_for_each_split() -> None:
    labels, groups = plants(12, 3, 4)
    found = Counter(zip(labels, split_stratified_groups(labels, groups, SHARES, 1), strict=True))
    assert set(found.values()) == {3}
    assert len(found) == 12


def test_the_only_plant_of_a_class_is_trained_on() -> None:
    labels, groups = plants(40, 2, 2)
    found = split_stratified_groups([*labels, 2, 2], [*groups, 99, 99], SHARES, 1)
    assert found[-2:] == ["train", "train"]


def test_a_rare_class_does_not_swell_the_test_split() -> None:
    labels, groups = plants(60, 4, 3)
    found = split_stratified_groups([*labels, 3, 3], [*groups, 98, 99], SHARES, 1)
    assert 0.1 < found.count("test") / len(found) < 0.2
    assert "train" in found[-2:]


def test_fixed_photos_stay_and_their_group_follows() -> None:
    labels, groups = plants(30, 3, 2)
    fixed: list[Split | None] = [None] * 90
    fixed[0], fixed[5] = "test", "validation"
    found = split_stratified_groups(labels, groups, SHARES, 1, fixed)
    assert found[:6] == ["test"] * 3 + ["validation"] * 3
    assert 0.1 < found.count("test") / 90 < 0.25


def test_the_seed_decides_the_split() -> None:
    labels, groups = plants(60, 2, 3)
    first, again, other = (split_stratified_groups(labels, groups, SHARES, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_no_photos() -> None:
    assert split_stratified_groups([], [], SHARES, 1) == []
