"""What is asked of the service in a month, and what has to be assumed to tell its price."""

from dataclasses import dataclass

from frond_client.costs.measurements import Kind
from frond_client.costs.prices import Architecture

DAYS = 30
SECONDS = DAYS * 24 * 3600


@dataclass(frozen=True)
class Workload:
    """A month of 30 days.

    What the template's parameters say (memory, days) has their defaults. Months before were the same, so that
    what is kept has piled up.

    Attributes
    ----------
    photos
        How many come.
    memory
        Of each function, in MB.
    kind
        Which of the photos that were measured they are like.
    cold
        The share of calls that start a function first. Fewer than one in a hundred do, says AWS:
        https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    batch
        Photos in a call of the S3 door's functions: ten in a full batch, one where they come one by one.
    kept
        The share of HTTP answers that are kept (``record=true``).
    busy_hours
        Hours a day in which photos come, evenly.
    traced
        Whether X-Ray traces requests (`Tracing=Active` in the template).
    photo_bytes, answer_bytes, log_bytes
        In place of what was measured: of a photo, of the HTTP answer, of what is logged for a photo.
    image_mb
        Of the container image, as it is stored, once for each of the two functions that run it.
    """

    photos: float
    memory: int = 1769
    architecture: Architecture = "x86_64"
    kind: Kind = "large"
    cold: float = 0.01
    batch: float = 10
    kept: float = 1.0
    busy_hours: float = 24
    traced: bool = True
    upload_days: int = 30
    old_version_days: int = 30
    picture_days: int = 365
    result_days: int = 365
    photo_bytes: int | None = None
    answer_bytes: int | None = None
    log_bytes: int | None = None
    image_mb: float = 172
