"""What the classify function is told by its environment."""

from functools import cache
from pathlib import Path

from pydantic import Field

from frond.settings import FunctionSettings, vcpus

HERE = Path(__file__).parent


class Configuration(FunctionSettings):
    """Settings of the classify function."""

    model_dir: Path = HERE / "model"
    threads: int = Field(default_factory=vcpus, ge=1, description="Threads of one inference")


@cache
def configuration() -> Configuration:
    """Return the settings, read once a process."""
    return Configuration()
