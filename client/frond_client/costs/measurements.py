"""What one photo takes and leaves, as `python -m benchmarks memory` measured it."""

from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frond_client.costs.prices import Architecture
from frond_client.errors import FrondError

MEASUREMENTS = Path(__file__).with_name("measurements.json")

Kind = Literal["small", "large"]


class _Measured(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Occasion(_Measured):
    """When and where it was measured; ``load`` is the machine's load average before and after."""

    date: date
    machine: str
    architecture: Architecture
    python: str
    load: tuple[float, float]
    rounds: int = Field(ge=1)


class Photo(_Measured):
    """A photo that was sent, and what it left: sizes in bytes.

    Attributes
    ----------
    answer
        The body of the HTTP answer, compressed as API Gateway does for clients that take gzip.
    http_record, s3_record
        The item in the table, of a photo through each door.
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


class Durations(_Measured):
    """Milliseconds of one function at one memory size; ``peak`` is the MB that it had at most.

    Attributes
    ----------
    start
        What a cold start adds to the first call: from the start of the process until it can take one.
    small, large
        A warm call; of the S3 door's functions, the share of a photo in a batch of ten.
    """

    start: float = Field(ge=0)
    small: float = Field(gt=0)
    large: float = Field(gt=0)
    peak: int = Field(gt=0)


class Size(_Measured):
    """A memory size, the processors that Lambda gives for it, and how long each function takes there."""

    megabytes: int
    vcpus: float
    classify: Durations
    preprocess: Durations
    worker: Durations


class PerFunction(_Measured):
    """A figure of each function."""

    classify: int
    preprocess: int
    worker: int


class Measurements(_Measured):
    """Everything that was measured.

    Attributes
    ----------
    logs
        Bytes that CloudWatch would count of a call of the API's function, and of a photo in the others'.
    metrics
        How many custom metrics each function writes.
    """

    occasion: Occasion
    photos: dict[Kind, Photo]
    logs: PerFunction
    metrics: PerFunction
    sizes: tuple[Size, ...]

    @classmethod
    def read(cls, path: Path = MEASUREMENTS) -> Self:
        """Read a file.

        Raises
        ------
        FrondError
            It cannot be read, or is not what the benchmark writes.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise FrondError(f"{path} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "the file"
            raise FrondError(f"{path} holds no measurements: {where}: {fault['msg']}.") from error

    def size(self, megabytes: int) -> Size:
        """Return what was measured at a memory size.

        Raises
        ------
        FrondError
            Nothing was.
        """
        for size in self.sizes:
            if size.megabytes == megabytes:
                return size
        measured = ", ".join(str(size.megabytes) for size in self.sizes)
        raise FrondError(f"Nothing was measured at {megabytes} MB; choose one of {measured}.")
