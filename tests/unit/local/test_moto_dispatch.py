"""Moto's server finds the same parts, and reads no folder for it."""

import os

import pytest
from moto import backends

from local.moto_dispatch import quick_dispatch


def test_the_parts_are_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = set(backends.list_of_moto_modules())
    assert {"s3", "sqs", "dynamodb"} <= parts
    with quick_dispatch():
        monkeypatch.setattr(os, "listdir", None)
        assert set(backends.list_of_moto_modules()) == parts
