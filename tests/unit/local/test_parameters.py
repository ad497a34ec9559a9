"""The values of a template's parameters."""

from pathlib import Path

import pytest

from local.parameters import parameter_error
from local.template import TemplateError, read
from tests.conftest import ROOT

MEMORY = {"Type": "Number", "Default": 1769, "MinValue": 512, "MaxValue": 10240}
STAGE = {"Type": "String", "AllowedPattern": "^[a-z]{1,4}$", "ConstraintDescription": "lower-case letters"}


@pytest.mark.parametrize(
    ("value", "declared", "error"),
    [
        ("1024", MEMORY, None),
        ("much", MEMORY, "P is a number, not 'much'"),
        ("", MEMORY, "P is a number, not ''"),
        ("1e3", MEMORY, "P is a number, not '1e3'"),
        ("511", MEMORY, "P is at least 512, not 511"),
        ("10241", MEMORY, "P is at most 10240, not 10241"),
        ("-2.5", {"Type": "Number"}, None),
        ("dev", STAGE, None),
        ("Dev", STAGE, "P cannot be 'Dev' (lower-case letters)"),
        ("dev\n", STAGE, "P cannot be 'dev\\n' (lower-case letters)"),
        ("ab", {"Type": "String", "MinLength": 3}, "P cannot be 'ab' (3 to 2 characters, .*)"),
        ("b", {"Type": "String", "AllowedValues": ["a", 2]}, "P can be a, 2, not b"),
        ("2", {"Type": "Number", "AllowedValues": ["a", 2]}, None),
    ],
)
def test_a_value_is_checked_as_cloudformation_does(
    value: str, declared: dict[str, object], error: str | None
) -> None:
    assert parameter_error("P", value, declared) == error


@pytest.mark.parametrize("parameter", [("ClassifyMemory", "big"), ("Stage", "Dev!"), ("Nothing", "1")])
def test_the_template_is_refused_with_a_bad_value(parameter: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=parameter[0]):
        read(ROOT / "template.yaml", dict([parameter]))
