"""Several photos of one plant are answered together, and each by itself."""

import io

import pytest
from PIL import Image, ImageFilter

from tests.unit.classify.conftest import PHOTOS, Call, Reply, form

PATH = "/v1/classifications"


def ask(call: Call, *photos: bytes, **query: str) -> Reply:
    body, content_type = form(*(("image", photo) for photo in photos))
    reply: Reply = call("POST", PATH, body, content_type, query)
    return reply


def spoiled(photo: bytes) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(photo)).filter(ImageFilter.GaussianBlur(4)).save(file, "PNG")
    return file.getvalue()


def test_one_photo_says_by_itself_what_it_says(call: Call, maize: bytes) -> None:
    answer = ask(call, maize).json
    (image,) = answer["images"]
    assert image == {
        **answer["image"],
        "verdict": answer["verdict"],
        "predictions": answer["predictions"],
        "evidence": None,
    }


def test_a_clear_photo_settles_what_a_blurred_one_leaves_open(call: Call, maize: bytes) -> None:
    answer = ask(call, spoiled(maize), maize, maize).json
    blurred, clear, _ = answer["images"]
    assert blurred["verdict"] != "identified"
    assert [issue["issue"] for issue in blurred["issues"]] == ["blurred"]
    assert (clear["verdict"], clear["issues"]) == ("identified", [])
    assert (answer["verdict"], answer["predictions"][0]["species"]) == ("identified", "zea-mays")
    assert answer["image"]["issues"] == blurred["issues"]


def test_photos_of_two_plants_are_not_settled(call: Call, maize: bytes) -> None:
    other = (PHOTOS / "beta-vulgaris.jpg").read_bytes()
    answer = ask(call, maize, other).json
    assert {each["species"] for each in answer["predictions"][:2]} == {"zea-mays", "beta-vulgaris"}
    assert answer["verdict"] == "uncertain"


def test_the_order_of_the_photos_makes_no_difference(call: Call, maize: bytes) -> None:
    other = (PHOTOS / "galium-aparine.jpg").read_bytes()
    one, two = ask(call, maize, other).json, ask(call, other, maize).json
    assert one["predictions"] == two["predictions"]
    assert one["images"] == two["images"][::-1]


def test_one_bad_photo_among_good_ones_is_told(call: Call, maize: bytes) -> None:
    reply = ask(call, maize, b"not a photo", maize)
    assert reply.problem == "unsupported-format"
    assert "photo 2" in reply.json["detail"].lower()


@pytest.mark.parametrize("lang", ["en", "es", "fr"])
def test_advice_is_in_the_language_asked_for(call: Call, maize: bytes, lang: str) -> None:
    said = ask(call, spoiled(maize), lang=lang).json["image"]["issues"][0]["advice"]
    word = {"en": "blurred", "es": "borrosa", "fr": "floue"}[lang]
    assert word in said


def test_evidence_is_given_where_it_is_asked_for(call: Call, maize: bytes) -> None:
    answer = ask(call, maize, maize, explain="true").json
    assert answer["evidence"] == answer["images"][0]["evidence"]
    assert max(max(row) for row in answer["evidence"]) == 1
    assert min(min(row) for row in answer["evidence"]) >= 0
    assert (len(answer["evidence"]), len(answer["evidence"][0])) == (7, 7)
    assert "evidence" in ask(call, maize).json
    assert ask(call, maize).json["evidence"] is None


def test_evidence_lies_on_the_plant(call: Call, maize: bytes) -> None:
    """A plant in one corner of the photo has it there, and next to none in the opposite one."""
    meadow = Image.new("RGB", (448, 448), (90, 80, 75))
    meadow.paste(Image.open(io.BytesIO(maize)), (224, 224))
    file = io.BytesIO()
    meadow.save(file, "PNG")
    evidence = ask(call, file.getvalue(), explain="true").json["evidence"]
    plant, opposite = (sum(sum(row[part]) for row in evidence[part]) for part in (slice(3, 7), slice(0, 4)))
    assert plant > 4 * opposite
