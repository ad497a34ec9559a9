"""Durations, sizes and counts per photo, as measured by `python -m benchmarks memory`."""

from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frond_client.costs.prices import Architecture
from frond_client.errors import FrondError

MEASUREMENTS = Path(__file__).with_name("measurements.json")

PhotoKind = Literal["small", "large"]


class _StrictModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BenchmarkRun(_StrictModel):
    """Date and machine of the benchmark; ``load`` is the load average before and after it.

    Attributes
    ----------
    note
        Correction that was made to the measurements, with its reason.
    """

    date: date
    machine: str
    architecture: Architecture
    python: str
    load: tuple[float, float]
    rounds: int = Field(ge=1)
    note: str = ""


class MeasuredPhoto(_StrictModel):
    """A photo and what the service stores and returns for it; sizes in bytes.

    Attributes
    ----------
    answer
        Body of the HTTP response, compressed as by API Gateway.
    http_record, s3_record
        DynamoDB item of a photo through the HTTP API and through S3.
    """

    width: int
    height: int
    bytes: int
    answer: int
    http_record: int
    s3_record: int
    picture: int
    thumbnail: int
    result: int


class Durations(_StrictModel):
    """Durations of one function at one memory size in milliseconds, and its peak memory in MB.

    Attributes
    ----------
    start
        Cold start: from the start of the process until it accepts a call.
    small, large
        Warm call with such a photo; for the worker, a tenth of a batch of ten.
    """

    start: float = Field(ge=0)
    small: float = Field(gt=0)
    large: float = Field(gt=0)
    peak: int = Field(gt=0)


class MemorySize(_StrictModel):
    """A memory size, its vCPUs in Lambda, and each function's durations."""

    megabytes: int
    vcpus: float
    classify: Durations
    preprocess: Durations
    worker: Durations


class PerFunction(_StrictModel):
    """A number per function."""

    classify: int
    preprocess: int
    worker: int


class Measurements(_StrictModel):
    """All measurements.

    Attributes
    ----------
    logs
        Log bytes that CloudWatch bills: per call of the API function, per photo of the others.
    metrics
        Number of custom metrics.
    """

    occasion: BenchmarkRun
    photos: dict[PhotoKind, MeasuredPhoto]
    logs: PerFunction
    metrics: PerFunction
    sizes: tuple[MemorySize, ...]

    @classmethod
    def read(cls, path: Path = MEASUREMENTS) -> Self:
        """Read a file.

        Raises
        ------
        FrondError
            If it cannot be read, or is not in the benchmark's format.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise FrondError(f"{path} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            member = ".".join(map(str, first["loc"])) or "the file"
            raise FrondError(f"{path} holds no measurements: {member}: {first['msg']}.") from error

    def size(self, megabytes: int) -> MemorySize:
        """Return the measurements at a memory size.

        Raises
        ------
        FrondError
            If there are none.
        """
        for size in self.sizes:
            if size.megabytes == megabytes:
                return size
        measured = ", ".join(str(size.megabytes) for size in self.sizes)
        raise FrondError(f"There are no measurements at {megabytes} MB; choose one of {measured}.")
