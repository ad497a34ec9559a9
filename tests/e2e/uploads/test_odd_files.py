"""Odd files get the same answer as a raw body, in a form and through S3, and delay no photo beside them."""

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image

from tests.conftest import SHARED
from tests.support.costly_images import jpeg_scans, png_chunk
from tests.support.icc_profiles import SRGB, rgb_profile
from tests.support.png_files import with_chunks
from tests.support.running_stack import RunningStack
from tests.support.sample_images import decoded, encoded
from tests.support.waiting import eventually

PATH = "/v1/classifications"
PHOTOS = 20
SWAPPED = rgb_profile(SRGB, 2.2, (1, 0, 2))


@dataclass(frozen=True)
class OddFile:
    """A file, and its right answer.

    Attributes
    ----------
    expected
        As in the shared folder's ``expected.json``: ``species``, ``verdict``, ``width`` and ``height`` of an
        answer; of a rejection ``problem``, its possible slugs, or nothing if any will do.
    """

    name: str
    content: bytes
    content_type: str
    expected: dict[str, Any]

    def check(self, status: str, answer: dict[str, Any]) -> None:
        """Assert that a stored classification, or a problem if the status is ``failed``, is right."""
        if self.expected["status_class"] == "4xx":
            assert status == "failed"
            slug = answer["type"].removeprefix("urn:frond:problem:")
            assert slug in self.expected.get("problem", [slug])
            return
        assert status == "succeeded", answer
        species = answer["predictions"][0]["species"]
        found = {"species": species, "verdict": answer["verdict"], **answer["image"]}
        names = found.keys() & self.expected.keys()
        assert {name: found[name] for name in names} == {name: self.expected[name] for name in names}


def own_files() -> Iterator[OddFile]:
    """Yield small files of each kind."""
    plant = decoded((Path(__file__).parents[3] / "events" / "photos" / "zea-mays.jpg").read_bytes())
    png, jpeg = encoded(plant, "PNG"), encoded(plant, "JPEG", quality=95)
    red, green, blue = plant.split()
    swapped = encoded(Image.merge("RGB", (green, red, blue)), "JPEG", quality=95, icc_profile=SWAPPED)
    linear = encoded(plant.point([round(255 * (level / 255) ** 2.2) for level in range(256)] * 3), "PNG")
    damaged = png_chunk(b"tEXt", b"Comment\0text")[:-1] + b"\0"
    maize = {"status_class": "2xx", "species": "zea-mays", "verdict": "identified", "width": 224}
    yield OddFile("channels exchanged.jpg", swapped, "image/jpeg", maize)
    gamma = (b"gAMA", struct.pack(">I", 100_000))
    yield OddFile("linear light.png", with_chunks(linear, gamma), "image/png", maize)
    yield OddFile("no last marker.jpg", jpeg[:-2], "image/jpeg", maize)
    yield OddFile("damaged text.png", png[:33] + damaged + png[33:], "image/png", maize)
    text = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + bytes(2_000_000))
    yield OddFile("two megabytes of text.png", with_chunks(png, text), "image/png", maize)
    rejected = {"status_class": "4xx", "problem": ["too-complex"]}
    yield OddFile("scans.jpg", jpeg_scans(512, 512, 600), "image/jpeg", rejected)


def files_of_others() -> Iterator[OddFile]:
    """Yield the files of the shared folder, which is not part of the project."""
    path = SHARED / "faults" / "expected.json"
    for fault in json.loads(path.read_text()) if path.is_file() else []:
        content = (path.parent / fault["file"]).read_bytes()
        yield OddFile(fault["file"], content, fault["content_type"], fault["expected"])


FILES = [*own_files(), *files_of_others()]
PHOTO_FILES = [file for file in FILES if file.content_type.startswith("image/")]
all_files = pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
photo_files = pytest.mark.parametrize("file", PHOTO_FILES, ids=[file.name for file in PHOTO_FILES])


def check_response(stack: RunningStack, file: OddFile, **request: Any) -> None:
    response = stack.request(PATH, "POST", **request)
    assert response.status < 500
    file.check("succeeded" if response.status == 200 else "failed", response.json())


@all_files
def test_as_a_raw_body(stack: RunningStack, file: OddFile) -> None:
    check_response(stack, file, body=file.content, headers={"content-type": file.content_type})


@photo_files
def test_in_a_form(stack: RunningStack, file: OddFile) -> None:
    check_response(stack, file, fields={"image": (file.name, file.content, file.content_type)})


@pytest.fixture(scope="module")
def uploaded(stack: RunningStack, seedling: bytes) -> Callable[[str], dict[str, Any]]:
    """Upload the files among twenty photos; return a function that waits for the record of a key."""

    def put(key: str, content: bytes, content_type: str) -> None:
        stack.s3.put_object(
            Bucket=stack.info["uploads_bucket"], Key=key, Body=content, ContentType=content_type
        )

    for number in range(PHOTOS):
        put(f"odd/photo {number:02}.jpg", seedling, "image/jpeg")
        if number == 2:
            for file in PHOTO_FILES:
                put(f"odd/{file.name}", file.content, file.content_type)

    def finished(key: str) -> dict[str, Any]:
        def find() -> dict[str, Any] | None:
            (found,) = stack.request(f"{PATH}?key={quote(key)}").json()["classifications"] or [None]
            return found if found and found["status"] in ("succeeded", "failed") else None

        return eventually(find)

    return finished


@photo_files
def test_through_s3(uploaded: Callable[[str], dict[str, Any]], file: OddFile) -> None:
    record = uploaded(f"odd/{file.name}")
    file.check(record["status"], record["error"] or record)


def test_the_photos_beside_them_are_classified(
    stack: RunningStack, uploaded: Callable[[str], dict[str, Any]]
) -> None:
    records = [uploaded(f"odd/photo {number:02}.jpg") for number in range(PHOTOS)]
    assert [each["verdict"] for each in records] == ["identified"] * PHOTOS
    assert not [body for body in dead_letters(stack) if "odd/" in body]


def dead_letters(stack: RunningStack) -> list[str]:
    queues = [url for url in stack.sqs.list_queues()["QueueUrls"] if "DeadLetters" in url]
    assert queues
    return [
        message["Body"]
        for url in queues
        for message in stack.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
        ).get("Messages", [])
    ]
