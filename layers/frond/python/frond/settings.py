"""Settings of the functions, read once at cold start from environment variables."""

import os
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from frond.preprocessing import DecodeLimits

# A Lambda function gets one vCPU for this much memory:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MEGABYTES_PER_VCPU = 1769
PREFIX = "FROND_"
# Beyond the ceilings of `frond.image_bounds`, and within a function's memory.
MAX_DECODE_MEMORY = 1_000_000_000

# Channels of the registry that a function can follow: of classifiers, and of detectors.
Channel = Literal["stable", "candidate"]
DetectionChannel = Literal["detection-stable", "detection-candidate"]


class FunctionSettings(BaseModel):
    """Settings that every function has; their environment variables start with ``FROND_``."""

    model_config = ConfigDict(frozen=True)

    max_bytes: Annotated[int, Field(gt=0, description="Largest file that is read, in bytes")] = (
        DecodeLimits().max_bytes
    )
    max_pixels: Annotated[int, Field(gt=0, description="Largest image that is decoded, in pixels")] = (
        DecodeLimits().max_pixels
    )

    table: str = Field(default="", description="The table of records; without one nothing is stored")
    record_days: int = Field(default=365, gt=0, description="Days until a record expires")

    @classmethod
    def from_environment(cls) -> Self:
        """Return the settings that the environment variables give.

        Raises
        ------
        pydantic.ValidationError
            A variable is missing or invalid.
        """
        variables = {name: f"{PREFIX}{name.upper()}" for name in cls.model_fields}
        return cls.model_validate(
            {name: os.environ[variable] for name, variable in variables.items() if variable in os.environ}
        )

    @property
    def limits(self) -> DecodeLimits:
        """The limits of :func:`frond.preprocessing.read_photo`."""
        return DecodeLimits(self.max_bytes, self.max_pixels, MAX_DECODE_MEMORY)


def vcpus() -> int:
    """Return the number of whole vCPUs of this function, at least one.

    On Lambda they follow from the memory size; the machine may have more cores than the function may use.
    """
    memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    cores = os.cpu_count() or 1
    return cores if memory is None else max(1, min(cores, int(memory) // MEGABYTES_PER_VCPU))
