"""What a function is told by its environment."""

import pytest
from pydantic import ValidationError

from frond.settings import FunctionSettings


def test_what_is_told_holds_and_the_rest_is_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = FunctionSettings()
    monkeypatch.setenv("FROND_TABLE", "records")
    monkeypatch.setenv("FROND_MAX_BYTES", "1000")
    monkeypatch.setenv("FROND_SOMETHING_ELSE", "is not ours")

    told = FunctionSettings.from_environment()

    assert (told.table, told.limits.max_bytes) == ("records", 1000)
    assert told.limits.max_pixels == usual.limits.max_pixels


@pytest.mark.parametrize("value", ["many", "0", ""])
def test_what_cannot_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FROND_RECORD_DAYS", value)
    with pytest.raises(ValidationError, match="record_days"):
        FunctionSettings.from_environment()
