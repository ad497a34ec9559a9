"""The assumptions of an estimate: a month's photos and the stack's parameters."""

from dataclasses import dataclass

from frond_client.costs.measurements import PhotoKind
from frond_client.costs.prices import Architecture

DAYS = 30
SECONDS = DAYS * 24 * 3600


@dataclass(frozen=True)
class Workload:
    """A month of 30 days.

    The template's parameters (memory, days) have its defaults. Earlier months were the same, so storage has
    reached its steady state.

    Attributes
    ----------
    photos
        Number of photos.
    memory
        Memory of each function, in MB.
    kind
        The measured photo that they resemble.
    cold_starts
        Share of calls with a cold start. It is below 1 % according to AWS:
        https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    batch
        Preprocessed photos per SQS batch of the worker: 10 in a full batch, 1 if they arrive one by one.
    recorded
        Share of HTTP requests whose classification is stored (``record=true``).
    busy_hours
        Hours per day in which photos arrive, evenly.
    traced
        Whether X-Ray traces requests (the template's `Tracing=Active`).
    dashboard, all_alarms, detailed_metrics, firewall, backup
        Parameters of the template: `Dashboard=true`, `Alarms=All`, `Metrics=detailed`, `Firewall=true`,
        `RecordsBackup=true`.
    provisioned
        The template's `ProvisionedConcurrency`, all month.
    data_key
        Whether a key of the customer's encrypts buckets and records (`DataKeyArn`).
    photo_bytes, response_bytes, log_bytes
        Bytes of a photo, of an HTTP response and of the logs of a photo, instead of the measured ones.
    image_mb
        Compressed size of the container image. It is stored once per function.
    """

    photos: float
    memory: int = 1769
    architecture: Architecture = "x86_64"
    kind: PhotoKind = "large"
    cold_starts: float = 0.01
    batch: float = 10
    recorded: float = 1.0
    busy_hours: float = 24
    traced: bool = True
    dashboard: bool = False
    all_alarms: bool = False
    detailed_metrics: bool = False
    firewall: bool = False
    backup: bool = True
    provisioned: int = 0
    data_key: bool = False
    upload_days: int = 7
    old_version_days: int = 1
    picture_days: int = 30
    result_days: int = 90
    photo_bytes: int | None = None
    response_bytes: int | None = None
    log_bytes: int | None = None
    image_mb: float = 172
