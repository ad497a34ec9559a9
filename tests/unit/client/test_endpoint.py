"""The endpoint: from arguments, the environment or the local stack."""

from pathlib import Path

import pytest

from frond_client import Frond, FrondError
from frond_client.endpoint import ApiEndpoint, find_endpoint
from tests.unit.client.fake_api import FakeApi
from tests.unit.client.fake_stack import FakeStack


def test_arguments_take_precedence_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROND_URL", "https://from.the/environment")
    monkeypatch.setenv("FROND_KEY", "of-the-environment")
    assert find_endpoint("https://given.test/dev/", "given") == ApiEndpoint("https://given.test/dev", "given")
    assert find_endpoint() == ApiEndpoint("https://from.the/environment", "of-the-environment")


def test_the_default_is_the_local_stack(stack: FakeStack, api: FakeApi) -> None:
    with Frond.from_environment() as frond:
        assert list(frond.iterate()) == []
    assert api.keys == {"a-key"}


def test_a_missing_endpoint_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FrondError, match=r"make serve.*FROND_URL and FROND_KEY"):
        Frond()


def test_a_url_without_a_key_is_reported_and_so_is_a_key_without_a_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(FrondError, match=r"no key for https://x.test.*FROND_KEY"):
        Frond("https://x.test")
    with pytest.raises(FrondError, match="FROND_URL"):
        Frond(key="k")


@pytest.mark.parametrize("url", ["localhost:3000", "x.test", "ftp://x.test", "https://", "http://[x"])
def test_a_malformed_url_is_reported(url: str) -> None:
    with pytest.raises(FrondError, match="begins with https"):
        Frond(url, "k")


@pytest.mark.parametrize("key", ["a\nb", "schlüssel"])
def test_a_malformed_key_is_reported_without_printing_it(key: str) -> None:
    with pytest.raises(FrondError) as caught:
        Frond("https://x.test", key)
    assert key not in str(caught.value)


def test_the_repr_hides_the_key() -> None:
    assert "secret" not in repr(ApiEndpoint("https://x.test", "secret"))
