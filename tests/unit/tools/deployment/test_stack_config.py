"""Settings of a stack: those of samconfig.toml, and the command line's over them."""

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.deployment.stack_config import StackConfigError, parse_parameters, read_stack_config

SAMCONFIG = ROOT / "samconfig.toml"


def test_a_parameter_of_the_command_line_leaves_the_others_of_the_stage() -> None:
    before = read_stack_config(SAMCONFIG, "dev", {}).parameters
    after = read_stack_config(SAMCONFIG, "dev", {"AlarmEmail": "me@example.org"}).parameters
    assert after == {**before, "AlarmEmail": "me@example.org"}
    assert before["UploadRetentionDays"] == "7"


def test_a_stage_has_its_section_its_stack_and_its_name() -> None:
    config = read_stack_config(SAMCONFIG, "prod", {})
    assert (config.environment, config.stack_name, config.stage) == ("prod", "frond-prod", "prod")
    assert "UploadRetentionDays" not in config.parameters


def test_a_stage_without_a_section_has_the_settings_of_dev() -> None:
    config = read_stack_config(SAMCONFIG, "mine", {})
    assert (config.environment, config.stack_name, config.stage) == ("default", "frond-mine", "mine")
    assert config.parameters["UploadRetentionDays"] == "7"


def test_values_with_spaces_and_empty_values_are_quoted_for_the_sam_cli(tmp_path: Path) -> None:
    config = read_stack_config(SAMCONFIG, "prod", {"AlarmEmail": "", "Name": "a b", "ThrottleRate": "50"})
    assert config.overrides()[-3:] == ['AlarmEmail=""', 'Name="a b"', "ThrottleRate=50"]


@pytest.mark.parametrize("stage", ["Prod", "my-stage", "", "a" * 17])
def test_a_stage_that_the_template_refuses_is_refused_before_the_build(stage: str) -> None:
    with pytest.raises(StackConfigError, match="lower-case letters and digits"):
        read_stack_config(SAMCONFIG, stage, {})


def test_a_parameter_without_a_value_is_refused() -> None:
    assert parse_parameters(["A=1=2"]) == {"A": "1=2"}
    with pytest.raises(StackConfigError, match="Name=value"):
        parse_parameters(["AlarmEmail"])
