"""Where the service is, as a program may say it."""

from pathlib import Path

import pytest

from frond_client import Frond, FrondError
from frond_client.address import Address, find_address
from tests.unit.client.small_api import SmallApi
from tests.unit.client.small_stack import SmallStack


def test_what_is_given_counts_for_more_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROND_URL", "https://from.the/environment")
    monkeypatch.setenv("FROND_KEY", "of-the-environment")
    assert find_address("https://given.test/dev/", "given") == Address("https://given.test/dev", "given")
    assert find_address() == Address("https://from.the/environment", "of-the-environment")


def test_without_any_it_is_the_stack_that_runs_here(stack: SmallStack, api: SmallApi) -> None:
    with Frond.from_environment() as frond:
        assert list(frond.iterate()) == []
    assert api.keys == {"a-key"}


def test_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FrondError, match=r"make serve.*FROND_URL and FROND_KEY"):
        Frond()


def test_half_of_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FrondError, match=r"no key for https://x.test.*FROND_KEY"):
        Frond("https://x.test")
    with pytest.raises(FrondError, match="FROND_URL"):
        Frond(key="k")


@pytest.mark.parametrize("url", ["localhost:3000", "x.test", "ftp://x.test", "https://", "http://[x"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(FrondError, match="begins with https"):
        Frond(url, "k")


@pytest.mark.parametrize("key", ["a\nb", "schlüssel"])
def test_what_is_no_key_is_told_without_showing_it(key: str) -> None:
    with pytest.raises(FrondError) as told:
        Frond("https://x.test", key)
    assert key not in str(told.value)


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(Address("https://x.test", "secret"))
