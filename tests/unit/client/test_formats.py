"""The content type of a photo."""

import io
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from frond_client.formats import content_type_from_bytes
from frond_client.photo_file import PhotoFile

PICTURE = Image.new("RGB", (16, 16), "green")


def encoded(form: str) -> bytes:
    file = io.BytesIO()
    if form == "HEIC":
        pillow_heif.from_pillow(PICTURE).save(file)
    else:
        PICTURE.save(file, form)
    return file.getvalue()


@pytest.mark.parametrize(
    ("form", "known"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("AVIF", "image/avif"),
        ("HEIC", "image/heic"),
        ("BMP", None),
    ],
)
def test_the_signature_decides(form: str, known: str | None) -> None:
    assert content_type_from_bytes(encoded(form)) == known


def test_the_signature_takes_precedence_over_the_name(tmp_path: Path) -> None:
    path = tmp_path / "photo.JPG"
    path.write_bytes(encoded("PNG"))
    assert PhotoFile.read(path).content_type == "image/png"
    path.write_bytes(b"damaged")
    assert PhotoFile.read(path).content_type == "image/jpeg"
    with path.open("rb") as file:
        assert PhotoFile.read(file).content_type == "image/jpeg"
    assert PhotoFile.read(b"damaged").content_type == "application/octet-stream"
