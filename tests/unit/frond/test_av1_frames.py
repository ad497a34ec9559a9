"""Pictures that are larger than their HEIF or AVIF file declares are refused before they are decoded."""

import struct

import pytest
from PIL import Image

from frond import image_decoding
from frond.av1_frames import MAX_OBUS, undeclared_pixels
from frond.preprocessing import PreprocessingSpec, read_photo
from frond.problems import TooComplex, TooManyPixels, UnreadablePhoto
from tests.support.sample_images import encoded

SPEC = PreprocessingSpec(size=64)
PLANT = Image.linear_gradient("L").resize((120, 90)).convert("RGB")
# Fields of a sequence header: value, bits.
Fields = list[tuple[int, int]]
REDUCED: Fields = [(0, 3), (1, 1), (1, 1), (5, 5)]


def sequence_header(before: Fields, width: int, height: int) -> bytes:
    """Return a sequence header up to the picture's size."""
    fields = [*before, (15, 4), (15, 4), (width - 1, 16), (height - 1, 16)]
    bits = "".join(f"{value:0{count}b}" for value, count in fields)
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def with_frames_of(avif: bytes, width: int, height: int) -> bytes:
    """Return a file whose sequence header has other sizes than its `ispe`."""
    start = avif.index(b"\x12\0\x0a") + 4
    header = sequence_header(REDUCED, width, height)
    assert avif[start - 1] >= len(header)
    return avif[:start] + header + avif[start + len(header) :]


def declaring(file: bytes, width: int, height: int) -> bytes:
    """Return a file with other declared sizes."""
    changed = bytearray(file)
    for name, place, shift in ((b"ispe", 8, 0), (b"tkhd", None, 16)):
        at = file.find(name)
        while at >= 0:
            end = at - 4 + int.from_bytes(file[at - 4 : at], "big")
            begin = at + place if place else end - 8
            changed[begin : begin + 8] = struct.pack(">II", width << shift, height << shift)
            at = file.find(name, at + 4)
    return bytes(changed)


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that decodes pixels."""
    monkeypatch.setattr(image_decoding, "visible", None)


@pytest.mark.usefixtures("undecoded")
def test_a_picture_that_is_larger_than_declared_is_not_decoded() -> None:
    avif = with_frames_of(encoded(PLANT, "AVIF"), 16_384, 16_384)
    with pytest.raises(TooManyPixels):
        read_photo(avif, SPEC)


def test_a_heif_file_that_is_larger_than_declared_is_refused_by_its_decoder() -> None:
    heif = encoded(PLANT.resize((512, 512)), "HEIF")
    with pytest.raises(UnreadablePhoto) as refusal:
        read_photo(declaring(heif, 64, 64), SPEC)
    assert "exceeds the maximum image size" in str(refusal.value.__cause__)


def test_what_is_declared_does_not_count() -> None:
    assert undeclared_pixels(encoded(PLANT, "AVIF")) == 0
    assert undeclared_pixels(encoded(PLANT, "HEIF")) == 0
    assert undeclared_pixels(b"\0\0\0\x0cftypavif") == 0


def test_a_small_lie_is_read() -> None:
    avif = declaring(encoded(PLANT, "AVIF"), 110, 90)
    assert undeclared_pixels(avif) == 120 * 90
    assert read_photo(avif, SPEC).width == 110


def test_alpha_and_the_tracks_of_animations_count() -> None:
    frames = [Image.merge("RGBA", (*PLANT.rotate(turn).split(), PLANT.getchannel(0))) for turn in (0, 90)]
    still = encoded(frames[0], "AVIF")
    animation = encoded(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    assert undeclared_pixels(declaring(still, 1, 1)) == 2 * 120 * 90
    assert undeclared_pixels(declaring(animation, 1, 1)) == 4 * 120 * 90


TIMING: Fields = [(1, 1), (9, 32), (9, 32), (1, 1), (0, 2), (1, 1), (2, 2)]  # 00 1 10: a variable-length 5
NO_MODEL: Fields = [(0, 1)]
MODEL: Fields = [(1, 1), (6, 5), (9, 32), (3, 5), (4, 5)]  # delays of 7 bits
POINT: Fields = [(3, 12), (9, 5), (1, 1)]  # with a tier
DELAYS: Fields = [(1, 1), (99, 7), (99, 7), (1, 1)]
HEADERS: dict[str, Fields] = {
    "reduced": REDUCED,
    "low level": [(0, 3), (0, 2), (0, 1), (0, 1), (0, 5), (3, 12), (7, 5)],
    "timing": [(0, 3), (0, 2), *TIMING, *NO_MODEL, (0, 1), (0, 5), *POINT],
    "decoder model": [(0, 3), (0, 2), *TIMING, *MODEL, (0, 1), (1, 5), *POINT, *DELAYS, *POINT, (0, 1)],
    "display delay": [(0, 3), (0, 2), (0, 1), (1, 1), (1, 5), *POINT, (1, 1), (9, 4), *POINT, (0, 1)],
}


def box(name: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I4s", 8 + len(body), name) + body


def avif(stream: bytes, extents: int = 1) -> bytes:
    """Return an AVIF file of one item, declared as 1 × 1, whose data is all of the stream, repeated."""
    properties = box(b"ispe", struct.pack(">III", 0, 1, 1)) + box(b"av1C", b"\x81\0\0\0")
    associations = struct.pack(">IIHBBB", 0, 1, 1, 2, 1, 2)
    iprp = box(b"iprp", box(b"ipco", properties), box(b"ipma", associations))
    extent = struct.pack(">II", 0, len(stream))
    locations = struct.pack(">IHHHHHH", 1 << 24, 0x4400, 1, 1, 1, 0, extents) + extent * extents
    meta = box(b"meta", bytes(4), box(b"iloc", locations), iprp, box(b"idat", stream))
    return box(b"ftyp", b"avif") + meta


@pytest.mark.parametrize("name", HEADERS)
def test_the_size_stands_behind_any_fields(name: str) -> None:
    header = sequence_header(HEADERS[name], 1234, 567)
    sized = bytes([0x0A, len(header)]) + header
    assert undeclared_pixels(avif(sized)) == 1234 * 567
    assert undeclared_pixels(avif(b"\x12\0" + sized + b"\x32\x01\0" + sized)) == 1234 * 567
    assert undeclared_pixels(avif(b"\x08" + header)) == 1234 * 567, "without its length"
    assert undeclared_pixels(avif(b"\x0e\0" + sized[1:])) == 1234 * 567, "with an extension"


@pytest.mark.parametrize(
    "file", [avif(b"\x12\0" * (MAX_OBUS + 1)), avif(bytes(1000), extents=60_000)], ids=["units", "extents"]
)
def test_too_many_parts_are_refused(file: bytes) -> None:
    with pytest.raises(TooComplex):
        undeclared_pixels(file)


def test_reading_ends_on_any_damage() -> None:
    file = avif(b"\x0a\x07" + sequence_header(REDUCED, 1234, 567))
    for place, value in ((place, value) for place in range(len(file)) for value in (0, 1, 0x7F, 0xFF)):
        damaged = file[:place] + bytes([value]) + file[place + 1 :]
        assert undeclared_pixels(damaged) >= 0
    assert all(undeclared_pixels(file[:end]) >= 0 for end in range(len(file)))
