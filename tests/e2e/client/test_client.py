"""The Python client against the running stack: large photos, refusals, and what it knows."""

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond_client import (
    AsyncFrond,
    Classification,
    Frond,
    IdempotencyKeyReused,
    InvalidKey,
    InvalidRequest,
    NotFound,
    PhotoTooLarge,
    RefusedPhoto,
)
from frond_client.calls import MOST_BYTES_OF_A_REQUEST
from tests.support.running_stack import RunningStack


@pytest.fixture
def frond(stack: RunningStack) -> Frond:
    return Frond(stack.api_url, stack.api_key)


@pytest.fixture(scope="module")
def large(seedlings: Path) -> bytes:
    """Nine megapixels of maize with the grain of a phone's camera: too many bytes for a request."""
    picture = Image.open(seedlings / "zea-mays.jpg").resize((3000, 3000), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(7).normal(0, 10, (3000, 3000, 3))
    file = io.BytesIO()
    grainy = np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)
    Image.fromarray(grainy).save(file, "JPEG", quality=95)
    assert len(file.getvalue()) > MOST_BYTES_OF_A_REQUEST
    return file.getvalue()


def test_a_large_photo_goes_through_the_bucket(frond: Frond, large: bytes) -> None:
    with frond:
        answer = frond.classify(large, top=2, lang="es")
        assert (answer.status, answer.source.door) == ("succeeded", "s3")
        assert [each.common_name for each in answer.predictions][:1] == ["Maíz"]
        assert len(answer.predictions) == 2
        assert frond.get(answer.id).predictions[0].species == "zea-mays"


def test_so_does_one_that_is_awaited_and_is_not_kept(stack: RunningStack, large: bytes) -> None:
    async def asked() -> Classification:
        async with AsyncFrond(stack.api_url, stack.api_key) as frond:
            answer = await frond.classify(large, record=False)
            with pytest.raises(NotFound):
                await frond.get(answer.id)
            return answer

    assert asyncio.run(asked()).predictions[0].species == "zea-mays"


def test_what_is_refused_has_its_class(
    frond: Frond, stack: RunningStack, seedling: bytes, large: bytes
) -> None:
    with frond:
        for bad in (b"", b"no photo", seedling[:3000], bytes(MOST_BYTES_OF_A_REQUEST + 1)):
            with pytest.raises(RefusedPhoto):
                frond.classify(bad)
        with pytest.raises(PhotoTooLarge):
            frond.classify([large, large])
        with pytest.raises(InvalidRequest):
            frond.classify(seedling, top=13)
        with pytest.raises(NotFound):
            frond.get("nothing")
    with Frond(stack.api_url, "wrong") as stranger, pytest.raises(InvalidKey):
        stranger.classify(seedling)


def test_a_key_is_for_one_question(frond: Frond, seedling: bytes, seedlings: Path) -> None:
    with frond:
        first = frond.classify(seedling, idempotency_key="field-7")
        assert frond.classify(seedling, idempotency_key="field-7").id == first.id
        with pytest.raises(IdempotencyKeyReused):
            frond.classify(seedlings / "galium-aparine.jpg", idempotency_key="field-7")


def test_what_it_knows(frond: Frond) -> None:
    with frond:
        known = {each.species: each for each in frond.species(lang="fr")}
        assert len(known) == frond.model().species
        assert (known["zea-mays"].common_name, known["zea-mays"].eppo_code) == ("Maïs", "ZEAMX")
