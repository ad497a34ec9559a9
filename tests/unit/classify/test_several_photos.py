"""Several photos of one plant are classified together, and each alone."""

import io

import pytest
from PIL import Image, ImageFilter

from frond.classifier import Classifier, ClassifierOutput, Inference
from tests.unit.classify.conftest import PHOTOS, Call, Reply, form

PATH = "/v1/classifications"


def classify(call: Call, *photos: bytes, **query: str) -> Reply:
    body, content_type = form(*(("image", photo) for photo in photos))
    reply: Reply = call("POST", PATH, body, content_type, query)
    return reply


def blurred_copy(photo: bytes) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(photo)).filter(ImageFilter.GaussianBlur(4)).save(file, "PNG")
    return file.getvalue()


def test_the_result_of_a_single_photo_is_that_of_the_plant(call: Call, maize: bytes) -> None:
    answer = classify(call, maize).json
    (image,) = answer["images"]
    assert image == {
        **answer["image"],
        "verdict": answer["verdict"],
        "taxon": answer["taxon"],
        "predictions": answer["predictions"],
        "evidence": None,
    }


@pytest.mark.parametrize(("photos", "expected"), [(1, 1), (3, 4)])
def test_a_single_photo_is_judged_once(
    call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch, photos: int, expected: int
) -> None:
    calls: list[int] = []
    judge = Classifier.predict

    def count(self: Classifier, *inferences: Inference) -> ClassifierOutput:
        calls.append(len(inferences))
        return judge(self, *inferences)

    monkeypatch.setattr(Classifier, "predict", count)
    classify(call, *[maize] * photos)
    assert len(calls) == expected


def test_a_clear_photo_outweighs_a_blurred_one(call: Call, maize: bytes) -> None:
    answer = classify(call, blurred_copy(maize), maize, maize).json
    blurred, clear, _ = answer["images"]
    assert blurred["verdict"] != "identified"
    assert [issue["issue"] for issue in blurred["issues"]] == ["blurred"]
    assert (clear["verdict"], clear["issues"]) == ("identified", [])
    assert (answer["verdict"], answer["predictions"][0]["species"]) == ("identified", "zea-mays")
    assert answer["image"]["issues"] == blurred["issues"]


def test_photos_of_two_plants_are_uncertain(call: Call, maize: bytes) -> None:
    other = (PHOTOS / "beta-vulgaris.jpg").read_bytes()
    answer = classify(call, maize, other).json
    assert {each["species"] for each in answer["predictions"][:2]} == {"zea-mays", "beta-vulgaris"}
    assert answer["verdict"] == "uncertain"


def test_the_order_of_the_photos_makes_no_difference(call: Call, maize: bytes) -> None:
    other = (PHOTOS / "galium-aparine.jpg").read_bytes()
    one, two = classify(call, maize, other).json, classify(call, other, maize).json
    assert one["predictions"] == two["predictions"]
    assert one["images"] == two["images"][::-1]


def test_the_problem_has_the_number_of_the_invalid_photo(call: Call, maize: bytes) -> None:
    reply = classify(call, maize, b"not a photo", maize)
    assert reply.problem == "unsupported-format"
    assert "photo 2" in reply.json["detail"].lower()


@pytest.mark.parametrize("lang", ["en", "es", "fr"])
def test_advice_is_in_the_requested_language(call: Call, maize: bytes, lang: str) -> None:
    advice = classify(call, blurred_copy(maize), lang=lang).json["image"]["issues"][0]["advice"]
    word = {"en": "blurred", "es": "borrosa", "fr": "floue"}[lang]
    assert word in advice


def test_evidence_is_returned_on_request(call: Call, maize: bytes) -> None:
    answer = classify(call, maize, maize, explain="true").json
    assert answer["evidence"] == answer["images"][0]["evidence"]
    assert max(max(row) for row in answer["evidence"]) == 1
    assert min(min(row) for row in answer["evidence"]) >= 0
    assert (len(answer["evidence"]), len(answer["evidence"][0])) == (7, 7)
    assert "evidence" in classify(call, maize).json
    assert classify(call, maize).json["evidence"] is None


def test_evidence_is_on_the_plant(call: Call, maize: bytes) -> None:
    """A plant in one corner has nearly all evidence there, and next to none in the opposite corner."""
    meadow = Image.new("RGB", (448, 448), (90, 80, 75))
    meadow.paste(Image.open(io.BytesIO(maize)), (224, 224))
    file = io.BytesIO()
    meadow.save(file, "PNG")
    evidence = classify(call, file.getvalue(), explain="true").json["evidence"]
    plant, opposite = (sum(sum(row[part]) for row in evidence[part]) for part in (slice(3, 7), slice(0, 4)))
    assert plant > 4 * opposite
