"""What a function is told by its environment, read once at cold start into a typed model."""

import os
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from frond.preprocessing import DecodeLimits

# A Lambda function gets one vCPU for this much memory:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MEGABYTES_PER_VCPU = 1769
PREFIX = "FROND_"

# Those of the registry that can be followed.
Channel = Literal["stable", "candidate"]


class FunctionSettings(BaseModel):
    """What every function is told; the variables' names start with ``FROND_``."""

    model_config = ConfigDict(frozen=True)

    max_bytes: Annotated[int, Field(gt=0, description="Largest file that is read")] = DecodeLimits().max_bytes
    max_pixels: Annotated[int, Field(gt=0, description="Largest picture that is decoded")] = (
        DecodeLimits().max_pixels
    )

    table: str = Field(default="", description="The table of records; without one nothing is kept")
    record_days: int = Field(default=365, gt=0, description="Days that a record is kept")

    @classmethod
    def from_environment(cls) -> Self:
        """Return what the environment tells.

        Raises
        ------
        pydantic.ValidationError
            A variable is missing, or holds what its setting cannot be.
        """
        variables = {name: f"{PREFIX}{name.upper()}" for name in cls.model_fields}
        return cls.model_validate(
            {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ}
        )

    @property
    def limits(self) -> DecodeLimits:
        """Ceilings for :func:`frond.preprocessing.read_photo`."""
        return DecodeLimits(self.max_bytes, self.max_pixels)


def vcpus() -> int:
    """Return how many whole vCPUs this function has, at least one.

    Inside Lambda the memory decides; the number of cores that the machine shows does not.
    """
    memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    cores = os.cpu_count() or 1
    return cores if memory is None else max(1, min(cores, int(memory) // MEGABYTES_PER_VCPU))
