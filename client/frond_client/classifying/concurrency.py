"""Concurrent requests, whose results come in the order of the photos."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from frond_client.async_client import AsyncFrond
from frond_client.classifying.plant_result import PlantResult
from frond_client.endpoint import ApiEndpoint
from frond_client.errors import (
    AuthenticationError,
    ConnectionFailedError,
    FrondError,
    QuotaExceededError,
    UnexpectedResponseError,
)
from frond_client.models import Classification

Plant = tuple[Path, ...]
Classify = Callable[[Sequence[Path]], Awaitable[Classification]]
Result = TypeVar("Result")

# These fail every other request, too.
FATAL_ERRORS = (AuthenticationError, ConnectionFailedError, QuotaExceededError, UnexpectedResponseError)


async def classify_all(
    endpoint: ApiEndpoint,
    plants: Sequence[Plant],
    options: Mapping[str, Any],
    concurrency: int,
    on_result: Callable[[PlantResult], None],
    on_done: Callable[[], None],
) -> None:
    """Classify plants, and pass each result to a callback.

    Parameters
    ----------
    endpoint
        The API.
    plants
        The photos of each plant.
    options
        Arguments of `AsyncFrond.classify`.
    concurrency
        The number of concurrent requests.
    on_result
        Called with each result, in the order of the plants.
    on_done
        Called after each plant, in any order.

    Raises
    ------
    FrondError
        If the error would fail every other plant, too.
    """
    async with AsyncFrond(endpoint.url, endpoint.key) as frond:
        classify = partial(frond.classify, **options)
        process = partial(_classify, classify=classify)
        async with aclosing(results_in_order(plants, process, concurrency, on_done)) as results:
            async for result in results:
                on_result(result)


async def results_in_order(
    plants: Sequence[Plant],
    process: Callable[[Plant], Awaitable[Result]],
    concurrency: int,
    on_done: Callable[[], None],
) -> AsyncGenerator[Result, None]:
    """Yield results in the order of the plants, each when it and those before it are done."""
    semaphore = asyncio.Semaphore(concurrency)

    async def process_one(plant: Plant) -> Result:
        async with semaphore:
            result = await process(plant)
            on_done()
            return result

    tasks = [asyncio.create_task(process_one(plant)) for plant in plants]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _classify(plant: Plant, classify: Classify) -> PlantResult:
    try:
        return PlantResult(plant, classification=await classify(plant))
    except FATAL_ERRORS:
        raise
    except (FrondError, OSError) as error:
        return PlantResult(plant, error=error)
