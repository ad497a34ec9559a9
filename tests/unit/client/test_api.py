"""What the client makes of the API's answers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from frond_client import api as frond_api
from frond_client.api import Api
from frond_client.problems import FrondError
from tests.unit.client.small_api import SmallApi, serving


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What it waited for between its attempts, in seconds."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    monkeypatch.setattr(frond_api, "_LONGEST_PAUSE_S", 60.0)
    return waited


def test_it_waits_as_long_as_it_is_asked_to(pauses: list[float]) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    first: list[tuple[int, dict[str, str], bytes]] = [
        (429, {"Retry-After": "7"}, b""),
        (503, {"Retry-After": when}, b""),
        (502, {"Retry-After": "soon"}, b""),
        (429, {"Retry-After": "99999"}, b""),
    ]
    with serving(SmallApi(records=[{"id": "x"}], first=first)) as small, Api(small.url + "/", "k") as api:
        assert api.classification("x") == {"id": "x"}
    assert pauses[0] == 7
    assert 10 < pauses[1] <= 20
    assert pauses[3] == 60
    assert small.keys == {"k"}


def test_it_gives_up_after_some_attempts(pauses: list[float]) -> None:
    first: list[tuple[int, dict[str, str], bytes]] = [(500, {}, b'{"detail": "Broken."}')] * 9
    with serving(SmallApi(first=first)) as small, Api(small.url, "k") as api:
        with pytest.raises(FrondError, match="answered 500: Broken"):
            api.classification("x")
        assert len(small.asked) == 5
    assert pauses == [0.5, 1, 2, 4]


def test_it_reads_all_pages() -> None:
    records = [{"id": str(number)} for number in range(5)]
    with serving(SmallApi(records=records, page=2)) as small, Api(small.url, "k") as api:
        assert list(api.classifications()) == records
    assert len(small.asked) == 3
    assert all("limit=100" in path for path in small.asked)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((403, {}, b'{"message": "Forbidden"}'), "refuses the key"),
        ((400, {}, b'{"title": "Bad", "detail": "The cursor is not one."}'), "400: The cursor is not one"),
        ((400, {}, b"<html>"), "400: Bad Request"),
        ((200, {}, b"<html>"), "does not answer as Frond's does"),
        ((301, {"Location": "/"}, b""), "answered 301"),
    ],
)
def test_an_answer_that_is_none(answer: tuple[int, dict[str, str], bytes], said: str) -> None:
    with serving(SmallApi(first=[answer])) as small, Api(small.url, "k") as api:
        with pytest.raises(FrondError, match=said):
            list(api.classifications())
        assert len(small.asked) == 1


def test_an_api_that_is_not_there(pauses: list[float]) -> None:
    with Api("http://127.0.0.1:9", "k") as api, pytest.raises(FrondError, match="cannot be reached"):
        api.classification("x")
    assert len(pauses) == 4
