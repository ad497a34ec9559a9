"""List prices, each with its source and the date of the lookup."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from frond_client.errors import FrondError

PRICES = Path(__file__).with_name("prices.toml")

Architecture = Literal["x86_64", "arm64"]


class _Sourced(BaseModel):
    """A published price with its source: the page itself, or another page in `taken_from`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: HttpUrl
    checked: date
    confirmed: bool
    taken_from: str | None = None

    @model_validator(mode="after")
    def _source_is_known(self) -> Self:
        if self.confirmed == (self.taken_from is not None):
            raise ValueError("either the page confirms the price, or taken_from names another source")
        return self


class Price(_Sourced):
    """The price of a unit, and the number of free units per month (the always-free tier)."""

    dollars: float = Field(gt=0)
    per: str
    free: float = Field(ge=0)


class HostedService(_Sourced):
    """The price of a hosted identification service.

    Attributes
    ----------
    per_photo
        The lowest and the highest price of a photo; None if it is not published.
    free_per_day
        Free photos per day.
    """

    name: str
    currency: str
    per_photo: tuple[float, float] | None = None
    free_per_day: int = 0

    def charge(self, photos: float) -> tuple[float, float] | None:
        """Return the lowest and highest charge for photos spread over a month; None if it is unknown."""
        paid = max(0.0, photos - 30 * self.free_per_day)
        if not paid:
            return 0.0, 0.0
        return self.per_photo and (paid * self.per_photo[0], paid * self.per_photo[1])


class RegionPrices(BaseModel):
    """AWS prices in one region."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lambda_gb_second_x86_64: Price
    lambda_gb_second_arm64: Price
    lambda_provisioned_gb_second_x86_64: Price
    lambda_provisioned_gb_second_arm64: Price
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
    alarm_metric_month: Price
    dashboard_month: Price
    xray_trace: Price
    waf_acl_month: Price
    waf_rule_month: Price
    waf_request: Price
    kms_key_month: Price
    ecr_gb_month: Price
    emr_vcpu_hour: Price
    emr_gb_hour: Price

    def gb_second(self, architecture: Architecture) -> Price:
        """Return the price of Lambda compute."""
        return self.lambda_gb_second_arm64 if architecture == "arm64" else self.lambda_gb_second_x86_64

    def provisioned_gb_second(self, architecture: Architecture) -> Price:
        """Return the price of provisioned concurrency, used or not."""
        if architecture == "arm64":
            return self.lambda_provisioned_gb_second_arm64
        return self.lambda_provisioned_gb_second_x86_64

    @property
    def unconfirmed(self) -> list[str]:
        """The names of the prices that AWS's own pages did not confirm."""
        return [name for name, price in self if not price.confirmed]


class PriceList(BaseModel):
    """All prices, and their date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    regions: dict[str, RegionPrices]
    hosted: tuple[HostedService, ...] = ()

    @classmethod
    def read(cls, path: Path = PRICES) -> Self:
        """Read a price list.

        Raises
        ------
        FrondError
            If it cannot be read, or a price or its source is missing.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise FrondError(f"{path} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FrondError(f"{path} is not TOML: {error}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            member = ".".join(map(str, first["loc"]))
            raise FrondError(f"{path} is no valid price list: {member}: {first['msg']}.") from error

    def region(self, name: str) -> RegionPrices:
        """Return the prices of a region.

        Raises
        ------
        FrondError
            If the list has no such region.
        """
        try:
            return self.regions[name]
        except KeyError:
            known = ", ".join(self.regions)
            raise FrondError(
                f"There are no prices for {name}, only for {known}. Pass your own list with --prices."
            ) from None
