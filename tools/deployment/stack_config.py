"""Settings of one stack: samconfig.toml's, with those of the command line over them."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")


class StackConfigError(Exception):
    """Settings that no stack can have, with the reason."""


@dataclass(frozen=True)
class StackConfig:
    """Settings of a stack.

    Attributes
    ----------
    environment
        Section of ``samconfig.toml``.
    stack_name
        Name of the CloudFormation stack.
    parameters
        Values of the template's parameters that differ from its defaults.
    """

    environment: str
    stack_name: str
    parameters: dict[str, str]

    @property
    def stage(self) -> str:
        """Stage of the API."""
        return self.parameters["Stage"]

    @property
    def architecture(self) -> str:
        """Processor architecture, the same for build and deployment: ``x86_64`` or ``arm64``."""
        return self.parameters["Architecture"]

    def overrides(self) -> list[str]:
        """Return the arguments of ``--parameter-overrides``, which replace samconfig.toml's whole list."""
        return [f"{name}={_quoted(value)}" for name, value in self.parameters.items()]


def read_stack_config(samconfig: Path, stage: str, parameters: dict[str, str]) -> StackConfig:
    """Read the settings of a stage.

    Parameters
    ----------
    samconfig
        ``samconfig.toml``. A stage without a section of its own has the settings of ``default``.
    stage
        Stage of the API; the stack is ``frond-<stage>``.
    parameters
        Parameters of the command line. The others of the section stay.

    Raises
    ------
    StackConfigError
        If the stage cannot be one.
    """
    if not _STAGE.fullmatch(stage):
        raise StackConfigError(f"A stage is lower-case letters and digits, 16 at most, not {stage!r}")
    sections = tomllib.loads(samconfig.read_text(encoding="utf-8"))
    environment = stage if "global" in sections.get(stage, {}) else "default"
    section: dict[str, Any] = sections[environment]["global"]["parameters"]
    merged = parse_parameters(section["parameter_overrides"]) | parameters | {"Stage": stage}
    return StackConfig(environment, f"frond-{stage}", merged)


def parse_parameters(pairs: list[str]) -> dict[str, str]:
    """Return parameters by name from ``Name=value`` pairs.

    Raises
    ------
    StackConfigError
        If one is no such pair.
    """
    for pair in pairs:
        if not re.match(r"\w+=", pair):
            raise StackConfigError(f"A parameter is Name=value, not {pair!r}")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _quoted(value: str) -> str:
    return f'"{value}"' if not value or re.search(r"[\s,]", value) else value
