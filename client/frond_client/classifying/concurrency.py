"""Classify many plants concurrently."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

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

# These fail every other request, too.
_FATAL_ERRORS = (AuthenticationError, ConnectionFailedError, QuotaExceededError, UnexpectedResponseError)


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
        async with aclosing(_results(plants, classify, concurrency, on_done)) as results:
            async for result in results:
                on_result(result)


async def _results(
    plants: Sequence[Plant], classify: Classify, concurrency: int, on_done: Callable[[], None]
) -> AsyncGenerator[PlantResult, None]:
    """Yield results in the order of the plants, each when it and those before it are done."""
    semaphore = asyncio.Semaphore(concurrency)

    async def classify_one(plant: Plant) -> PlantResult:
        async with semaphore:
            result = await _classify(plant, classify)
            on_done()
            return result

    tasks = [asyncio.create_task(classify_one(plant)) for plant in plants]
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
    except _FATAL_ERRORS:
        raise
    except (FrondError, OSError) as error:
        return PlantResult(plant, error=error)
