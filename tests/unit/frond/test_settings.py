"""Settings from environment variables."""

import pytest
from pydantic import ValidationError

from frond.settings import FunctionSettings


def test_variables_are_read_and_the_rest_has_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = FunctionSettings()
    monkeypatch.setenv("FROND_TABLE", "records")
    monkeypatch.setenv("FROND_MAX_BYTES", "1000")
    monkeypatch.setenv("FROND_SOMETHING_ELSE", "is not ours")

    settings = FunctionSettings.from_environment()

    assert (settings.table, settings.limits.max_bytes) == ("records", 1000)
    assert settings.limits.max_pixels == defaults.limits.max_pixels


@pytest.mark.parametrize("value", ["many", "0", ""])
def test_an_invalid_variable_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FROND_RECORD_DAYS", value)
    with pytest.raises(ValidationError, match="record_days"):
        FunctionSettings.from_environment()
