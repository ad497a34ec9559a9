"""Every damaged file is reported as a problem of the client's."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from frond.preprocessing import DecodeLimits, PreprocessingSpec, read_photo
from frond.problems import InvalidPhoto, Problem, UnreadablePhoto, UnsupportedFormat
from tests.support.sample_images import decoded, encoded, exif

RECIPE = PreprocessingSpec(size=64)
KINDS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF")
# Of each format, at each kind of damage.
TRIES = 60


@pytest.fixture(scope="module")
def files(seedling: bytes) -> dict[str, bytes]:
    plant = decoded(seedling).crop((0, 0, 120, 90))
    return {kind: encoded(plant, kind, exif=exif(6)) for kind in KINDS}


@pytest.mark.parametrize(
    "data",
    [
        b"hello, this is no picture\n" * 40,
        b"\x00" * 1000,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"\xff",
    ],
    ids=["text", "zeros", "svg", "pdf", "one byte"],
)
def test_other_files_are_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat):
        read_photo(data, RECIPE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_truncated_file_is_unreadable(files: dict[str, bytes], kind: str, share: float) -> None:
    with pytest.raises(UnreadablePhoto):
        read_photo(files[kind][: int(len(files[kind]) * share)], RECIPE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_header_is_unreadable(files: dict[str, bytes], kind: str) -> None:
    with pytest.raises(UnreadablePhoto):
        read_photo(files[kind][:24], RECIPE)


def problem_with(data: bytes) -> Problem | None:
    """Return the problem with a file, None if it is readable; any other error is a bug."""
    try:
        photo = read_photo(data, RECIPE, DecodeLimits(max_pixels=4_000_000))
    except Problem as problem:
        return problem
    assert photo.pixels.shape == (64, 64, 3)
    return None


def cut(data: bytes, draw: np.random.Generator) -> bytes:
    return data[: draw.integers(1, len(data))]


def overwritten(data: bytes, draw: np.random.Generator) -> bytes:
    changed = np.frombuffer(data, np.uint8).copy()
    places = draw.integers(0, len(data), draw.integers(1, 20))
    changed[places] = draw.integers(0, 256, len(places))
    return changed.tobytes()


def header_overwritten(data: bytes, draw: np.random.Generator) -> bytes:
    head = min(len(data), 400)
    return overwritten(data[:head], draw) + data[head:]


def with_a_hole(data: bytes, draw: np.random.Generator) -> bytes:
    start, end = sorted(draw.integers(0, len(data), 2))
    return data[:start] + data[end:]


def repeated(data: bytes, draw: np.random.Generator) -> bytes:
    start, end = sorted(draw.integers(0, len(data), 2))
    return data[:end] + data[start:]


# Pillow warns of damaged tags; a function does not stop for that, so neither does the test.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", [cut, overwritten, header_overwritten, with_a_hole, repeated])
def test_damage_ends_in_an_image_or_a_problem(
    files: dict[str, bytes], kind: str, damage: Callable[[bytes, np.random.Generator], bytes]
) -> None:
    draw = np.random.default_rng(len(kind))
    for _ in range(TRIES):
        problem = problem_with(damage(files[kind], draw))
        assert problem is None or 400 <= problem.status < 500


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("corrupt_header.jpg", UnreadablePhoto),
        ("corrupted.heic", UnreadablePhoto),
        ("truncated.png", UnreadablePhoto),
    ],
)
def test_damaged_files_of_others(odd_photos: Path, name: str, problem: type[Problem]) -> None:
    with pytest.raises(problem):
        read_photo((odd_photos / "broken" / name).read_bytes(), RECIPE)


def test_a_jpeg_of_others_that_lacks_half_of_its_last_marker(odd_photos: Path) -> None:
    photo = read_photo((odd_photos / "broken" / "truncated_small.jpg").read_bytes(), RECIPE)
    assert (photo.width, photo.height) == (100, 100)


def test_junk_before_a_whole_picture_does_not_hide_it(odd_photos: Path) -> None:
    photo = read_photo((odd_photos / "broken" / "junk_header.jpg").read_bytes(), RECIPE)
    assert (photo.width, photo.height) == (1024, 768)


def test_the_next_good_photo_is_read(files: dict[str, bytes], seedling: bytes) -> None:
    before = read_photo(seedling, RECIPE).pixels
    for data in files.values():
        with pytest.raises(InvalidPhoto):
            read_photo(data[: len(data) // 3], RECIPE)
    assert (read_photo(seedling, RECIPE).pixels == before).all()
