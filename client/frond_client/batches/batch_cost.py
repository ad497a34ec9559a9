"""Cost estimate of a batch job, and the time limit that caps it."""

import math
from dataclasses import dataclass

from frond_client.costs.prices import RegionPrices
from frond_client.errors import FrondError

# CPU time of a photo by stage, as the job's report measures it: decoding a photo of 12 megapixels, the model
# with the share of photos that it runs on four times, thumbnail, hash and Spark; docs/19-batch.md has the
# measurements.
MILLISECONDS_PER_PHOTO = 80.0
MILLISECONDS_OF_FEATURES = 45.0
# A worker is billed while it starts and while the last tasks run elsewhere.
UTILIZATION = 0.8
VCPUS_PER_EXECUTOR, GB_PER_VCPU = 4, 4
# EMR Serverless takes no shorter limit.
MIN_MINUTES = 5


@dataclass(frozen=True, slots=True)
class BatchCost:
    """Estimated cost of a job, in dollars, and its duration.

    Attributes
    ----------
    vcpu_hours
        Of all workers.
    compute
        Price of the workers, with their memory.
    requests
        Price of S3's GET requests.
    minutes
        Duration on all vCPUs that the application may use.
    minutes_to_cap
        Duration at which the compute reaches the cap.
    """

    photos: int
    vcpus: int
    vcpu_hours: float
    compute: float
    requests: float
    minutes: float
    minutes_to_cap: int

    @property
    def dollars(self) -> float:
        """The whole estimate."""
        return self.compute + self.requests


def estimate_cost(
    photos: int, vcpus: int, prices: RegionPrices, max_dollars: float, *, features: bool = False
) -> BatchCost:
    """Estimate the cost of a job.

    Parameters
    ----------
    photos
        How many.
    vcpus
        The application's maximum capacity.
    max_dollars
        The cap on the compute.
    features
        Whether the job computes features, too.

    Raises
    ------
    FrondError
        The estimate exceeds the cap, or the cap ends before the shortest time limit of EMR Serverless.
    """
    milliseconds = MILLISECONDS_PER_PHOTO + (MILLISECONDS_OF_FEATURES if features else 0)
    hours = photos * milliseconds / 1000 / 3600 / UTILIZATION
    dollars_per_vcpu_hour = prices.emr_vcpu_hour.dollars + GB_PER_VCPU * prices.emr_gb_hour.dollars
    cost = BatchCost(
        photos=photos,
        vcpus=vcpus,
        vcpu_hours=hours,
        compute=hours * dollars_per_vcpu_hour,
        requests=photos * prices.s3_get.dollars,
        minutes=hours / vcpus * 60,
        minutes_to_cap=math.floor(max_dollars / (vcpus * dollars_per_vcpu_hour) * 60),
    )
    if cost.dollars > max_dollars:
        raise FrondError(
            f"{photos:,} photos cost about ${cost.dollars:,.2f}, more than the cap of ${max_dollars:,.2f}. "
            "Raise it with --max-dollars, or name a smaller prefix."
        )
    if cost.minutes_to_cap < MIN_MINUTES:
        raise FrondError(
            f"{vcpus} vCPUs use up ${max_dollars:,.2f} in {cost.minutes_to_cap} minutes, and EMR Serverless "
            f"limits a job to {MIN_MINUTES} minutes at least. Raise --max-dollars, or deploy batch.yaml "
            "with a smaller MaximumVcpus."
        )
    return cost


def billed_dollars(vcpu_hours: float, gb_hours: float, prices: RegionPrices) -> float:
    """Return the price of what EMR Serverless has billed."""
    return vcpu_hours * prices.emr_vcpu_hour.dollars + gb_hours * prices.emr_gb_hour.dollars
