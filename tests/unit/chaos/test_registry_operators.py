"""Updates of a registry that were lost, doubled or made up are found."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from frond.registry import Registry
from tests.chaos.registry_operators import OperatorUpdate, RegistryOperator, registry_faults
from tests.support.tiny_registry import ALICE, moto_s3, new_bucket, publish


@pytest.fixture
def registry() -> Iterator[Registry]:
    with moto_s3() as s3:
        yield new_bucket(s3).registry


@pytest.fixture
def operator(registry: Registry, tmp_path: Path) -> RegistryOperator:
    """An operator who made two updates."""
    versions = [publish(registry, tmp_path, seed) for seed in range(2)]
    operator = RegistryOperator(ALICE, registry, versions, Random(1))
    for version in versions:
        update = registry.channels.advance(registry.channels.pointer("stable"), version, ALICE)
        operator.updates.append(OperatorUpdate(ALICE, update))
    return operator


def test_a_whole_history_is_no_fault(registry: Registry, operator: RegistryOperator) -> None:
    assert registry_faults(registry, [operator]) == []


def test_an_update_that_nobody_made_is_found(registry: Registry, operator: RegistryOperator) -> None:
    operator.updates.pop()
    assert len(registry_faults(registry, [operator])) == 1


def test_a_lost_update_is_found(registry: Registry, operator: RegistryOperator) -> None:
    operator.updates.append(OperatorUpdate(ALICE, operator.updates[-1].update))
    assert len(registry_faults(registry, [operator])) == 1


def test_a_failed_operator_is_found(registry: Registry, operator: RegistryOperator) -> None:
    operator.fault = ValueError("no")
    assert registry_faults(registry, [operator]) == [f"{ALICE}: ValueError('no')"]
