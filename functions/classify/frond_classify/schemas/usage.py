"""Response schema for `/v1/usage`."""

from datetime import datetime

from pydantic import Field

from frond_classify.schemas.lazy_model import LazyModel


class UsageResponse(LazyModel):
    """The limits of a key, and its requests of today; null where the key has no such limit."""

    limit: int | None = Field(description="Requests a day", examples=[10000])
    used: int | None = Field(description="Requests of today", examples=[412])
    remaining: int | None = Field(description="Requests that are left today", examples=[9588])
    resets_at: datetime = Field(description="When the next day begins, in UTC")
    requests_per_second: float | None = Field(description="On average", examples=[20])
    burst: int | None = Field(description="Requests at once", examples=[40])
