"""Find the plants of many photos concurrently."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from frond_client.async_client import AsyncFrond
from frond_client.classifying.concurrency import FATAL_ERRORS, Plant, results_in_order
from frond_client.detecting.detection_result import DetectionResult
from frond_client.endpoint import ApiEndpoint
from frond_client.errors import FrondError, NotFoundError


async def detect_all(
    endpoint: ApiEndpoint,
    photos: Sequence[Plant],
    options: Mapping[str, Any],
    concurrency: int,
    on_result: Callable[[DetectionResult], None],
    on_done: Callable[[], None],
) -> None:
    """Find the plants of photos, and pass each result to a callback.

    Parameters
    ----------
    photos
        One photo for each request.
    options
        Arguments of `AsyncFrond.detect`.
    endpoint, concurrency, on_result, on_done
        As in `frond_client.classifying.concurrency.classify_all`.

    Raises
    ------
    FrondError
        If the error would fail every other photo, too: also if the service has no detector.
    """
    async with AsyncFrond(endpoint.url, endpoint.key) as frond:
        process = partial(_detect, frond=frond, options=options)
        async with aclosing(results_in_order(photos, process, concurrency, on_done)) as results:
            async for result in results:
                on_result(result)


async def _detect(photo: Plant, frond: AsyncFrond, options: Mapping[str, Any]) -> DetectionResult:
    try:
        return DetectionResult(photo, detections=await frond.detect(photo, **options))
    except (*FATAL_ERRORS, NotFoundError):
        raise
    except (FrondError, OSError) as error:
        return DetectionResult(photo, error=error)
