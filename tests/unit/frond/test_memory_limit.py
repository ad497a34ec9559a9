"""A decode that needs more memory than it may have fails; the process lives on."""

import struct
import subprocess
import sys

import pytest
from PIL import Image

from frond.image_bounds import memory_limit
from frond.settings import FunctionSettings
from tests.support.sample_images import encoded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")

MEGABYTE = 1_000_000
# In a process of its own, which has no memory left of earlier images.
DECODE = """
import sys
from frond.preprocessing import DecodeLimits, PreprocessingSpec, read_photo
from frond.problems import Problem
file, spec = sys.stdin.buffer.read(), PreprocessingSpec(size=64)
try:
    read_photo(file, spec, DecodeLimits(max_memory=5_000_000))
except Problem as problem:
    print(problem.slug)
print(read_photo(file, spec).width)
"""


def test_an_allocation_beyond_the_limit_fails_and_a_later_one_does_not() -> None:
    with memory_limit(50 * MEGABYTE):
        assert bytearray(10 * MEGABYTE)
        with pytest.raises(MemoryError):
            bytearray(100 * MEGABYTE)
    assert bytearray(100 * MEGABYTE)


def test_a_limit_within_another_does_not_exceed_it() -> None:
    with memory_limit(50 * MEGABYTE), memory_limit(1_000 * MEGABYTE), pytest.raises(MemoryError):
        bytearray(100 * MEGABYTE)


def test_a_picture_that_is_larger_than_declared_is_unreadable() -> None:
    side = 3_000
    avif = encoded(Image.new("RGB", (side, side), "green"), "AVIF", speed=10)
    size = b"ispe" + bytes(4)
    declared, true = (size + struct.pack(">II", each, each) for each in (200, side))
    assert avif.count(true) == 1
    done = subprocess.run(
        [sys.executable, "-c", DECODE], input=avif.replace(true, declared), capture_output=True, check=True
    )
    assert done.stdout.split() == [b"unreadable-photo", b"200"]


def test_the_functions_have_a_limit() -> None:
    assert FunctionSettings().limits.max_memory == 1_000 * MEGABYTE
