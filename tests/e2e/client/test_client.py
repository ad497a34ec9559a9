"""The Python client against the running stack: large photos, exceptions, species and model."""

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond_client import (
    AsyncFrond,
    AuthenticationError,
    Classification,
    Frond,
    IdempotencyKeyReusedError,
    InvalidPhotoError,
    InvalidRequestError,
    NotFoundError,
    PhotoTooLargeError,
)
from frond_client.calls import MAX_REQUEST_BYTES
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
    assert len(file.getvalue()) > MAX_REQUEST_BYTES
    return file.getvalue()


def test_a_large_photo_is_uploaded_to_s3(frond: Frond, large: bytes) -> None:
    with frond:
        result = frond.classify(large, top=2, lang="es", original=True)
        assert (result.status, result.source.door) == ("succeeded", "s3")
        assert [each.common_name for each in result.predictions][:1] == ["Maíz"]
        assert len(result.predictions) == 2
        assert frond.get(result.id).predictions[0].species == "zea-mays"


def test_a_large_photo_without_record_is_deleted(stack: RunningStack, large: bytes) -> None:
    async def classify() -> Classification:
        async with AsyncFrond(stack.api_url, stack.api_key) as frond:
            result = await frond.classify(large, record=False, original=True)
            with pytest.raises(NotFoundError):
                await frond.get(result.id)
            return result

    assert asyncio.run(classify()).predictions[0].species == "zea-mays"


def test_each_error_has_its_exception(
    frond: Frond, stack: RunningStack, seedling: bytes, large: bytes
) -> None:
    with frond:
        for bad in (b"", b"no photo", seedling[:3000], bytes(MAX_REQUEST_BYTES + 1)):
            with pytest.raises(InvalidPhotoError):
                frond.classify(bad)
        with pytest.raises(PhotoTooLargeError):
            frond.classify([large, large], original=True)
        with pytest.raises(InvalidRequestError):
            frond.classify(seedling, top=13)
        with pytest.raises(NotFoundError):
            frond.get("nothing")
    with Frond(stack.api_url, "wrong") as client, pytest.raises(AuthenticationError):
        client.classify(seedling)


def test_an_idempotency_key_is_for_one_request(frond: Frond, seedling: bytes, seedlings: Path) -> None:
    with frond:
        first = frond.classify(seedling, idempotency_key="field-7")
        assert frond.classify(seedling, idempotency_key="field-7").id == first.id
        with pytest.raises(IdempotencyKeyReusedError):
            frond.classify(seedlings / "galium-aparine.jpg", idempotency_key="field-7")


def test_the_species_are_those_of_the_model(frond: Frond) -> None:
    with frond:
        known = {each.species: each for each in frond.species(lang="fr")}
        assert len(known) == frond.model().species
        assert (known["zea-mays"].common_name, known["zea-mays"].eppo_code) == ("Maïs", "ZEAMX")
