"""Time and place are read from photos on this device, and the place is blanked in what is sent."""

import io
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from frond_client.exif import ExifTags, place_patches, without_place
from frond_client.photo_file import read_photos
from frond_client.uploads.placeless_file import open_patched
from tests.conftest import ROOT

GPS, EXIF, TAKEN_AT = 0x8825, 0x8769, 0x9003
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="33,54.33S" rating="3">'
    b"<exif:GPSLongitude>18,25.1W</exif:GPSLongitude></rdf:Description></x:xmpmeta>"
)
PLACE = {1: "S", 2: (33.0, 54.0, 19.8), 3: "W", 4: (18.0, 25.0, 6.0)}


def exif(gps: dict[int, Any] = PLACE, taken_at: str = "2026:05:01 10:20:30") -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F] = "A camera of the field"
    tags.get_ifd(GPS).update(gps)
    tags.get_ifd(EXIF)[TAKEN_AT] = taken_at
    return tags


def photo(kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture = Image.frombytes("RGB", (16, 16), random.Random(1).randbytes(768))
    picture.save(file, kind, **{"exif": exif(), **options})
    return file.getvalue()


def png_with_xmp() -> bytes:
    texts = PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return photo("PNG", pnginfo=texts)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], ExifTags]:
    def read(data: bytes) -> ExifTags:
        path = tmp_path / "photo"
        path.write_bytes(data)
        return ExifTags.read([path])

    return read


PHOTOS = {
    "JPEG": photo(),
    "JPEG with XMP": photo(xmp=XMP),
    "WebP": photo("WEBP", lossless=True),
    "WebP with XMP": photo("WEBP", lossless=True, xmp=XMP),
    "PNG": photo("PNG"),
    "PNG with XMP": png_with_xmp(),
    "AVIF": photo("AVIF"),
    "MPO": photo("MPO", save_all=True, append_images=[opened(photo())]),
}


@pytest.mark.parametrize("data", PHOTOS.values(), ids=PHOTOS)
def test_the_place_is_read_and_only_the_place_is_blanked(
    data: bytes, read: Callable[[bytes], ExifTags]
) -> None:
    tags = read(data)
    assert tags.taken_at == datetime.fromisoformat("2026-05-01T10:20:30")
    assert (tags.latitude, tags.longitude) == pytest.approx((-33.9055, -18.418333))

    blanked = without_place(data)

    assert len(blanked) == len(data)
    assert without_place(blanked) == blanked
    assert b"33,54" not in blanked
    assert b"18,25" not in blanked
    assert read(blanked) == ExifTags(taken_at=tags.taken_at)
    before, after = opened(data), opened(blanked)
    assert not any(after.getexif().get_ifd(GPS).values())
    assert after.getexif()[0x010F] == "A camera of the field"
    assert before.tobytes() == after.tobytes()


def test_a_photo_without_a_place_is_sent_as_it_is() -> None:
    data = (ROOT / "events" / "photos" / "zea-mays.jpg").read_bytes()
    assert without_place(data) is data


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (50.0, 0.0, 0.0)},
        {1: "N", 2: (50.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
    ],
    ids=["beyond the pole", "half a place", "two numbers"],
)
def test_a_place_that_is_none_is_blanked_but_not_shown(
    gps: dict[int, Any], read: Callable[[bytes], ExifTags]
) -> None:
    data = photo(exif=exif(gps))
    assert read(data).latitude is None
    assert not any(opened(without_place(data)).getexif().get_ifd(GPS).values())


@pytest.mark.parametrize("taken_at", ["0000:00:00 00:00:00", "soon", "2026:13:01 10:20:30"])
def test_a_time_that_is_none_is_not_shown(taken_at: str, read: Callable[[bytes], ExifTags]) -> None:
    tags = read(photo(exif=exif(taken_at=taken_at)))
    assert tags.taken_at is None
    assert tags.latitude is not None


def test_damaged_tags_are_missing_tags(read: Callable[[bytes], ExifTags]) -> None:
    rng = random.Random(2)
    whole = photo()
    end = whole.index(b"\xff\xdb")
    for _ in range(100):
        damaged = bytearray(whole[:end])
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(end)] = rng.randrange(256)
        data = bytes(damaged[: rng.randint(0, end)])
        read(data)
        assert len(without_place(data)) == len(data)
    assert read(b"") == ExifTags()


def test_a_plant_has_the_first_time_and_the_first_place(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("gone.jpg", "time.jpg", "place.jpg")]
    paths[1].write_bytes(photo(exif=exif({}, "2026:05:02 00:00:00")))
    paths[2].write_bytes(photo())
    tags = ExifTags.read(paths)
    assert tags.taken_at == datetime.fromisoformat("2026-05-02")
    assert tags.latitude is not None


def test_a_file_is_patched_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo(xmp=XMP) * 20)
    expected = without_place(path.read_bytes())
    with open_patched(path, place_patches(path)) as file:
        assert file.read() == expected
        file.seek(0)
        assert b"".join(iter(lambda: file.read(97), b"")) == expected
        file.seek(150)
        assert file.read(400) == expected[150:550]


def test_the_client_blanks_it_unless_asked_to_send_it() -> None:
    data = photo()
    (blanked,), (sent,) = read_photos(data), read_photos(data, send_place=True)
    assert blanked.data == without_place(data) != data
    assert sent.data == data
