"""Prices, each with the page that publishes it and the day it was looked up."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from frond_client.errors import FrondError

PRICES = Path(__file__).with_name("prices.toml")

Architecture = Literal["x86_64", "arm64"]


class _Published(BaseModel):
    """Something that somebody publishes; what was not read there says where else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: HttpUrl
    checked: date
    confirmed: bool
    taken_from: str | None = None

    @model_validator(mode="after")
    def _source_is_known(self) -> Self:
        if self.confirmed == (self.taken_from is not None):
            raise ValueError("either the page itself was read, or taken_from says what was")
        return self


class Price(_Published):
    """What one of something costs, and how many of it cost nothing each month, for good."""

    dollars: float = Field(gt=0)
    per: str
    free: float = Field(ge=0)


class Hosted(_Published):
    """What a hosted service charges.

    Attributes
    ----------
    per_photo
        The least and the most that it takes for a photo; None where that is not published.
    free_per_day
        Photos a day that cost nothing.
    """

    name: str
    currency: str
    per_photo: tuple[float, float] | None = None
    free_per_day: int = 0

    def charge(self, photos: float) -> tuple[float, float] | None:
        """Return the least and the most for photos spread over a month; None if it is not known."""
        paid = max(0.0, photos - 30 * self.free_per_day)
        if not paid:
            return 0.0, 0.0
        return self.per_photo and (paid * self.per_photo[0], paid * self.per_photo[1])


class Region(BaseModel):
    """The prices of AWS in one region."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lambda_gb_second_x86_64: Price
    lambda_gb_second_arm64: Price
    lambda_request: Price
    api_request: Price
    data_out_gb: Price
    s3_put: Price
    s3_get: Price
    s3_gb_month: Price
    sqs_request: Price
    dynamodb_write: Price
    dynamodb_read: Price
    dynamodb_gb_month: Price
    dynamodb_backup_gb_month: Price
    eventbridge_event: Price
    logs_gb: Price
    metric_month: Price
    xray_trace: Price
    ecr_gb_month: Price

    def gb_second(self, architecture: Architecture) -> Price:
        """Return the price of compute."""
        return self.lambda_gb_second_arm64 if architecture == "arm64" else self.lambda_gb_second_x86_64

    @property
    def unconfirmed(self) -> list[str]:
        """The names of the prices that were not read on AWS's own pages."""
        return [name for name, price in self if not price.confirmed]


class Prices(BaseModel):
    """The whole table, and the day that it is of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    regions: dict[str, Region]
    hosted: tuple[Hosted, ...] = ()

    @classmethod
    def read(cls, path: Path = PRICES) -> Self:
        """Read a table.

        Raises
        ------
        FrondError
            It cannot be read, a price is missing, or one comes without its source.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise FrondError(f"{path} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FrondError(f"{path} is not TOML: {error}.") from error
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"]))
            raise FrondError(
                f"{path} is not as a table of prices has to be: {where}: {fault['msg']}."
            ) from error

    def region(self, name: str) -> Region:
        """Return the prices of a region.

        Raises
        ------
        FrondError
            The table has none of it.
        """
        try:
            return self.regions[name]
        except KeyError:
            known = ", ".join(self.regions)
            raise FrondError(
                f"The table has no prices of {name}, only of {known}; --prices takes a table of your own."
            ) from None
