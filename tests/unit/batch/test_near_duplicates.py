"""Near-duplicates: pictures that are compressed or scaled again share a band of their hashes."""

import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pyspark", reason="Spark is not installed: make batch")

import pandas as pd

from batch.difference_hash import HASH_BYTES, difference_hash
from batch.near_duplicates import BANDS, MAX_DISTANCE, NEIGHBOURS, close_pairs
from frond.preprocessing import PreprocessingSpec, read_photo

SPEC = PreprocessingSpec(size=224)


def bucket(hashes: list[bytes]) -> pd.DataFrame:
    return pd.DataFrame({"path": [f"{number:03}.jpg" for number in range(len(hashes))], "hash": hashes})


def flipped(content: bytes, bits: int) -> bytes:
    """Return a hash that differs in so many bits."""
    unpacked = np.unpackbits(np.frombuffer(content, np.uint8))
    unpacked[:bits] ^= 1
    return np.packbits(unpacked).tobytes()


def test_a_smaller_and_more_compressed_copy_is_a_near_duplicate(seedling: bytes) -> None:
    copy = io.BytesIO()
    Image.open(io.BytesIO(seedling)).resize((200, 200)).save(copy, "JPEG", quality=60)
    hashes = [difference_hash(read_photo(each, SPEC).pixels) for each in (seedling, copy.getvalue())]
    (pair,) = close_pairs(bucket(hashes)).itertuples(index=False)
    assert (pair.first, pair.second) == ("000.jpg", "001.jpg")
    assert pair.distance <= MAX_DISTANCE < BANDS


def test_only_close_hashes_are_pairs() -> None:
    first = bytes(range(HASH_BYTES))
    near, far = flipped(first, MAX_DISTANCE), flipped(first, MAX_DISTANCE + 1)
    found = close_pairs(bucket([first, near, far]))
    assert sorted(found.itertuples(index=False, name=None)) == [
        ("000.jpg", "001.jpg", MAX_DISTANCE),
        ("001.jpg", "002.jpg", 1),
    ]


def test_work_grows_with_the_photos_not_with_their_square() -> None:
    alike = [bytes(HASH_BYTES)] * (3 * NEIGHBOURS)
    pairs = sum(3 * NEIGHBOURS - offset for offset in range(1, NEIGHBOURS + 1))
    assert len(close_pairs(bucket(alike))) == pairs
    assert close_pairs(bucket(alike[:1])).empty
