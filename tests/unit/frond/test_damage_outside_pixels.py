"""Damage outside the pixels does not refuse a photo that browsers show."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond import image_decoding
from frond.first_frame import VisiblePixels, visible
from frond.preprocessing import PreprocessingSpec, read_photo, read_with_preview
from frond.problems import UnreadablePhoto, UnsupportedFormat
from tests.support import icc_profiles as icc
from tests.support.png_files import png_chunk
from tests.support.sample_images import decoded, encoded, exif

RECIPE = PreprocessingSpec(size=64)


@pytest.fixture(scope="module")
def plant(seedling: bytes) -> Image.Image:
    return decoded(seedling)


@pytest.fixture(params=[False, True], ids=["baseline", "progressive"])
def jpeg(plant: Image.Image, request: pytest.FixtureRequest) -> bytes:
    return encoded(plant, "JPEG", quality=90, progressive=request.param, exif=exif(6))


class TestJpegWithoutLastMarker:
    @pytest.mark.parametrize("cut", [1, 2])
    def test_it_is_read(self, jpeg: bytes, cut: int) -> None:
        assert (read_photo(jpeg[:-cut], RECIPE).pixels == read_photo(jpeg, RECIPE).pixels).all()

    @pytest.mark.parametrize("padding", [b"\0" * 100, b"\xff" * 100, b"trailing text"])
    def test_what_follows_does_not_matter(self, jpeg: bytes, padding: bytes) -> None:
        found = read_photo(jpeg[:-2] + padding, RECIPE).pixels
        assert (found == read_photo(jpeg, RECIPE).pixels).all()

    @pytest.mark.parametrize("missing", [8, 50, 500])
    def test_missing_scan_data_are_unreadable(self, plant: Image.Image, missing: int) -> None:
        jpeg = encoded(plant, "JPEG", quality=90)
        with pytest.raises(UnreadablePhoto):
            read_photo(jpeg[: -2 - missing], RECIPE)

    def test_its_preview_is_read(self, jpeg: bytes) -> None:
        _, preview = read_with_preview(jpeg[:-2], RECIPE, 224)
        assert (preview == read_with_preview(jpeg, RECIPE, 224)[1]).all()

    def test_a_thumbnail_s_last_marker_is_not_the_photo_s(self, plant: Image.Image) -> None:
        small = encoded(plant.resize((40, 40)), "JPEG")
        jpeg = encoded(plant, "JPEG", exif=exif(1) + small)
        assert jpeg.count(b"\xff\xd9") == 2
        assert (read_photo(jpeg[:-2], RECIPE).pixels == read_photo(jpeg, RECIPE).pixels).all()


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The format of each image whose pixels are decoded."""
    found: list[str | None] = []

    def counted(image: Image.Image, data: bytes, side: int) -> VisiblePixels:
        found.append(image.format)
        return visible(image, data, side)

    monkeypatch.setattr(image_decoding, "visible", counted)
    return found


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
class TestDecodes:
    """How often a JPEG is decoded: only one without its last marker, twice."""

    def test_a_whole_jpeg(self, jpeg: bytes, decodes: list[str | None]) -> None:
        read_photo(jpeg, RECIPE)
        assert decodes == ["JPEG"]

    def test_damaged_metadata(self, jpeg: bytes, decodes: list[str | None]) -> None:
        read_photo(jpeg[:20] + SEGMENTS["broken index of pictures"] + jpeg[20:], RECIPE)
        assert decodes == ["JPEG"]

    def test_damaged_metadata_and_no_last_marker(self, jpeg: bytes, decodes: list[str | None]) -> None:
        read_photo(jpeg[:20] + SEGMENTS["broken index of pictures"] + jpeg[20:-2], RECIPE)
        assert decodes == ["JPEG", "JPEG"]

    def test_damaged_pixels_with_metadata(self, jpeg: bytes, decodes: list[str | None]) -> None:
        with pytest.raises(UnreadablePhoto):
            read_photo(jpeg[:20] + SEGMENTS["unknown"] + jpeg[20:-500], RECIPE)
        assert len(decodes) <= 2


def spoilt(chunk: bytes) -> bytes:
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


def text_of(size: int) -> bytes:
    return b"XML:com.adobe.xmp\0\0\0\0\0" + b"x" * size


PROFILE = b"name\0\0" + zlib.compress(icc.rgb_profile(icc.SRGB, 2.2, (1, 0, 2)))
CHUNKS = {
    "text with a wrong sum": spoilt(png_chunk(b"tEXt", b"Comment\0text")),
    "profile with a wrong sum": spoilt(png_chunk(b"iCCP", PROFILE)),
    "gamma with a wrong sum": spoilt(png_chunk(b"gAMA", struct.pack(">I", 100_000))),
    "transparency with a wrong sum": spoilt(png_chunk(b"tRNS", bytes(6))),
    "time with a wrong sum": spoilt(png_chunk(b"tIME", bytes(7))),
    "unknown with a wrong sum": spoilt(png_chunk(b"abCd", bytes(7))),
    "2 MB of text": png_chunk(b"iTXt", text_of(2_000_000)),
    "2 MB of Latin text": png_chunk(b"tEXt", b"Comment\0" + b"x" * 2_000_000),
    "bomb of text": png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(20_000_000))),
    "bomb of a profile": png_chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(20_000_000))),
    "profile that is not compressed": png_chunk(b"iCCP", b"name\0\0" + b"no profile"),
    "profile of an unknown compression": png_chunk(b"iCCP", b"name\0\7" + b"no profile"),
    "empty profile": png_chunk(b"iCCP", b""),
    "short gamma": png_chunk(b"gAMA", b"\0"),
    "short chromaticities": png_chunk(b"cHRM", bytes(31)),
    "short resolution": png_chunk(b"pHYs", b"\0"),
    "short rendering intent": png_chunk(b"sRGB", b""),
    "short transparency": png_chunk(b"tRNS", b"\0"),
    "short animation": png_chunk(b"acTL", b"\0"),
    "animation without frames": png_chunk(b"acTL", bytes(8)),
    "short frame": png_chunk(b"fcTL", b"\0"),
    "broken tags": png_chunk(b"eXIf", b"no tags"),
}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", CHUNKS)
@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind the pixels"])
def test_a_broken_chunk_of_a_png_is_passed_over(plant: Image.Image, name: str, behind: bool) -> None:
    png = encoded(plant, "PNG")
    place = len(png) - 12 if behind else 33
    photo = read_photo(png[:place] + CHUNKS[name] + png[place:], RECIPE)
    assert (photo.pixels == read_photo(png, RECIPE).pixels).all()


def test_the_chunks_that_are_whole_still_count(plant: Image.Image) -> None:
    png = encoded(plant, "PNG", icc_profile=icc.rgb_profile(icc.SRGB, 2.2, (1, 0, 2)), exif=exif(6))
    damaged = png[:33] + CHUNKS["text with a wrong sum"] + png[33:]
    assert (read_photo(damaged, RECIPE).pixels == read_photo(png, RECIPE).pixels).all()


@pytest.mark.parametrize("end", [4, 8, 12])
def test_a_png_without_its_end_is_read(plant: Image.Image, end: int) -> None:
    png = encoded(plant, "PNG")
    assert (read_photo(png[:-end], RECIPE).pixels == read_photo(png, RECIPE).pixels).all()


SEGMENTS = {
    "short JFIF": b"\xff\xe0\x00\x07JFIF\0",
    "Photoshop": b"\xff\xed\x00\x14Photoshop 3.0\x008BIM",
    "broken index of pictures": b"\xff\xe2\x00\x0aMPF\0abcd",
    "short profile": b"\xff\xe2\x00\x0eICC_PROFILE\0",
    "unknown": b"\xff\xe9\x00\x02",
    "tags": b"\xff\xe1\x00\x08Exif\0\0",
}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", SEGMENTS)
def test_a_broken_segment_of_a_jpeg_is_passed_over(plant: Image.Image, name: str) -> None:
    jpeg = encoded(plant, "JPEG", quality=90)
    photo = read_photo(jpeg[:20] + SEGMENTS[name] + jpeg[20:], RECIPE)
    assert (photo.pixels == read_photo(jpeg, RECIPE).pixels).all()


class TestUnsupportedKinds:
    """Files that no browser reads are of an unsupported format, not damaged."""

    def jpeg(self, plant: Image.Image, marker: int, bits: int = 8, height: int = 224) -> bytes:
        file = encoded(plant, "JPEG")
        frame = file.index(b"\xff\xc0")
        header = bytes([0xFF, marker, 0, 17, bits]) + struct.pack(">H", height)
        return file[:frame] + header + file[frame + 7 :]

    @pytest.mark.parametrize("marker", [0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7])
    def test_lossless_hierarchical_and_jpeg_ls(self, plant: Image.Image, marker: int) -> None:
        with pytest.raises(UnsupportedFormat):
            read_photo(self.jpeg(plant, marker), RECIPE)

    @pytest.mark.parametrize("marker", [0xC1, 0xC2])
    def test_12_bits(self, plant: Image.Image, marker: int) -> None:
        with pytest.raises(UnsupportedFormat):
            read_photo(self.jpeg(plant, marker, bits=12), RECIPE)

    def test_a_height_that_follows_later(self, plant: Image.Image) -> None:
        with pytest.raises(UnsupportedFormat):
            read_photo(self.jpeg(plant, 0xC0, height=0), RECIPE)

    def test_a_jpeg_ls_file_begins_with_its_frame(self) -> None:
        with pytest.raises(UnsupportedFormat):
            read_photo(b"\xff\xd8\xff\xf7\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00" + bytes(100), RECIPE)


FAULTS = {
    "beta-vulgaris-linear-gama.png": (224, 224),
    "icc-swapped-rg-sinapis-arvensis.jpg": (960, 720),
    "cmyk-icc.jpg": (960, 720),
    "jpeg-no-eoi.jpg": (960, 720),
    "png-itxt-2mb.png": (960, 720),
    "png-bad-ancillary-crc.png": (960, 720),
    "avif-xmp6-only.avif": (960, 720),
}


@pytest.mark.parametrize("name", FAULTS)
def test_files_of_others_are_read(odd_photos: Path, name: str) -> None:
    path = odd_photos.parent / "faults" / name
    if not path.is_file():
        pytest.skip(f"no file {path}")
    photo = read_photo(path.read_bytes(), RECIPE)
    assert (photo.width, photo.height) == FAULTS[name]


def test_inks_of_others_have_the_colours_that_browsers_show(odd_photos: Path) -> None:
    path = odd_photos.parent / "faults" / "cmyk-icc.jpg"
    if not path.is_file():
        pytest.skip(f"no file {path}")
    mean = read_photo(path.read_bytes(), RECIPE).pixels.mean(axis=(0, 1))
    assert np.abs(mean - (99, 93, 76)).max() <= 25
