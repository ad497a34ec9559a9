"""Many plants, several at once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

from frond_client.address import Address
from frond_client.async_client import AsyncFrond
from frond_client.classifying.outcome import Outcome
from frond_client.errors import FrondError, InvalidKey, QuotaExceeded, UnexpectedAnswer, Unreachable
from frond_client.models import Classification

Plant = tuple[Path, ...]
Ask = Callable[[Sequence[Path]], Awaitable[Classification]]

# What is so for one photo is so for all.
_ENDS_EVERYTHING = (InvalidKey, QuotaExceeded, UnexpectedAnswer, Unreachable)


async def classify_all(
    address: Address,
    plants: Sequence[Plant],
    options: Mapping[str, Any],
    at_once: int,
    take: Callable[[Outcome], None],
    step: Callable[[], None],
) -> None:
    """Classify plants, and pass on what becomes of each.

    Parameters
    ----------
    address
        Of the service.
    plants
        Of each, its photos.
    options
        Of `AsyncFrond.classify`.
    at_once
        How many plants are asked for at the same time.
    take
        Is given the outcomes, in the order of the plants.
    step
        Called for each plant that is done.

    Raises
    ------
    FrondError
        If no other photo could be classified either.
    """
    async with AsyncFrond(address.url, address.key) as frond:
        ask = partial(frond.classify, **options)
        async with aclosing(_outcomes(plants, ask, at_once, step)) as outcomes:
            async for outcome in outcomes:
                take(outcome)


async def _outcomes(
    plants: Sequence[Plant], ask: Ask, at_once: int, step: Callable[[], None]
) -> AsyncGenerator[Outcome, None]:
    """Yield what becomes of plants, in their order, each as soon as it and those before it are done."""
    turns = asyncio.Semaphore(at_once)

    async def one(plant: Plant) -> Outcome:
        async with turns:
            outcome = await _outcome(plant, ask)
            step()
            return outcome

    tasks = [asyncio.create_task(one(plant)) for plant in plants]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _outcome(plant: Plant, ask: Ask) -> Outcome:
    try:
        return Outcome(plant, answer=await ask(plant))
    except _ENDS_EVERYTHING:
        raise
    except (FrondError, OSError) as error:
        return Outcome(plant, fault=error)
