"""Photos are classified; everything else is a problem."""

import io
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.support.sample_images import decompression_bomb
from tests.unit.classify.conftest import PHOTOS, Call, form

PATH = "/v1/classifications"
ODD = Path(__file__).parents[4] / "shared" / "data" / "photos"


@pytest.mark.parametrize("photo", sorted(PHOTOS.glob("*.jpg")), ids=lambda photo: photo.stem)
def test_the_species_of_a_photo_is_predicted(call: Call, photo: Path) -> None:
    reply = call("POST", PATH, photo.read_bytes(), "image/jpeg")

    assert reply.status == 200
    answer = reply.json
    assert answer["status"] == "succeeded"
    assert answer["verdict"] == "identified"
    assert answer["predictions"][0]["species"] == photo.stem


def test_the_response_has_the_documented_members(call: Call, maize: bytes) -> None:
    answer = call("POST", PATH, maize, "image/jpeg").json

    assert set(answer) == {
        "id", "status", "verdict", "taxon", "predictions", "image", "images", "evidence", "model", "source",
        "error", "owner", "tag", "feedback", "created_at", "timings_ms", "detections", "detector",
    }  # fmt: skip
    assert answer["image"] == {"width": 224, "height": 224, "format": "JPEG", "issues": []}
    taxon = answer["taxon"]
    assert taxon == {
        "rank": "species",
        "name": "Zea mays",
        "confidence": answer["predictions"][0]["confidence"],
    }
    assert answer["images"][0]["taxon"] == taxon
    assert answer["source"] == {"door": "http", "key": None}
    assert (answer["error"], answer["feedback"]) == (None, None)
    assert datetime.fromisoformat(answer["created_at"]).tzinfo is not None
    assert set(answer["timings_ms"]) == {"decode", "inference", "total"}
    assert len(answer["predictions"]) == 5
    confidences = [p["confidence"] for p in answer["predictions"]]
    assert confidences == sorted(confidences, reverse=True)
    first = answer["predictions"][0]
    assert first | {"confidence": None} == {
        "species": "zea-mays", "scientific_name": "Zea mays", "common_name": "Maize", "role": "crop",
        "confidence": None,
    }  # fmt: skip


def test_top_and_lang_are_applied(call: Call, maize: bytes) -> None:
    answer = call("POST", PATH, maize, "image/jpeg", {"top": "12", "lang": "es"}).json

    assert len(answer["predictions"]) == 12
    assert sum(p["confidence"] for p in answer["predictions"]) == pytest.approx(1, abs=1e-4)
    assert answer["predictions"][0]["common_name"] == "Maíz"


def test_a_form_gets_the_response_of_the_raw_body(call: Call, maize: bytes) -> None:
    raw = call("POST", PATH, maize, "image/jpeg").json
    body, content_type = form(("image", maize))

    assert call("POST", PATH, body, content_type).json["predictions"] == raw["predictions"]


def test_the_format_is_detected_from_the_bytes(call: Call, maize: bytes) -> None:
    png = io.BytesIO()
    Image.open(io.BytesIO(maize)).save(png, "PNG")

    answer = call("POST", PATH, png.getvalue(), "image/jpeg").json

    assert answer["image"]["format"] == "PNG"
    assert answer["predictions"][0]["species"] == "zea-mays"


BAD = {
    "empty": (b"", "image/jpeg", 400, "empty-body"),
    "text called jpeg": (b"I am not a photo", "image/jpeg", 422, "unsupported-format"),
    "bomb": (decompression_bomb(), "image/png", 422, "too-many-pixels"),
    "wrong content type": (b"{}", "application/json", 415, "unsupported-media-type"),
    "octets": (b"\xff\xd8\xff", "application/octet-stream", 415, "unsupported-media-type"),
    "no content type": (b"\xff\xd8\xff", None, 415, "unsupported-media-type"),
    "invalid content type": (b"\xff\xd8\xff", ";;;=", 415, "unsupported-media-type"),
    "form without boundary": (b"--x\r\n", "multipart/form-data", 400, "invalid-request"),
    "body that is no form": (b"hello", "multipart/form-data; boundary=x", 400, "invalid-request"),
    "truncated form": (
        b'--x\r\nContent-Disposition: form-data; name="image"\r\n\r\nabc',
        "multipart/form-data; boundary=x",
        400,
        "invalid-request",
    ),
    "form without image": (*form(("file", b"abc")), 400, "empty-body"),
    "six photos": (*form(*[("image", b"abc")] * 6), 400, "too-many-photos"),
    "hundred parts": (*form(*[("image", b"abc")] * 100), 400, "invalid-request"),
    "form with text": (*form(("image", b"I am not a photo")), 422, "unsupported-format"),
    "form with empty file": (*form(("image", b"")), 400, "empty-body"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_invalid_input_is_a_problem_and_the_next_photo_is_classified(
    call: Call, maize: bytes, case: str
) -> None:
    body, content_type, status, problem = BAD[case]

    reply = call("POST", PATH, body, content_type)

    assert (reply.status, reply.problem) == (status, problem)
    assert reply.json["detail"].endswith(".")
    assert reply.json["request_id"] == "a-request"
    assert call("POST", PATH, maize, "image/jpeg").status == 200


def test_a_truncated_photo_is_classified_or_a_problem(call: Call, maize: bytes) -> None:
    statuses = {call("POST", PATH, maize[:cut], "image/jpeg").status for cut in range(1, len(maize), 499)}

    assert statuses <= {200, 400, 422}
    assert 422 in statuses


@pytest.mark.skipif(not ODD.exists(), reason="the folder of odd photos is missing")
@pytest.mark.parametrize("name", ["bombs/gray_20000x14000_1mb.jpg", "bombs/png_65536x65536_0.5mb.png"])
def test_decompression_bombs_are_rejected(call: Call, name: str) -> None:
    assert call("POST", PATH, (ODD / name).read_bytes(), "image/jpeg").problem == "too-many-pixels"


def test_a_body_that_is_not_binary_is_rejected(call: Call) -> None:
    reply = call("POST", PATH, b"\x7fabc", "image/jpeg", binary=False)

    assert (reply.status, reply.problem) == (400, "invalid-request")


@pytest.mark.parametrize("query", [{"top": "0"}, {"top": "13"}, {"top": "many"}, {"lang": "xx"}], ids=str)
def test_the_problem_names_the_invalid_parameter(call: Call, maize: bytes, query: dict[str, str]) -> None:
    reply = call("POST", PATH, maize, "image/jpeg", query)

    assert (reply.status, reply.problem) == (400, "invalid-request")
    assert next(iter(query)) in reply.json["detail"]


def test_an_internal_error_is_logged_and_not_shown(
    call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frond.classifier import Classifier
    from frond.telemetry import logger

    def broken(*_: object) -> None:
        raise RuntimeError("a secret")

    logged: list[BaseException] = []
    monkeypatch.setattr(logger, "exception", lambda _, exc_info: logged.append(exc_info))
    monkeypatch.setattr(Classifier, "infer", broken)
    reply = call("POST", PATH, maize, "image/jpeg")

    assert (reply.status, reply.problem) == (500, "internal")
    assert "secret" not in reply.body
    assert [str(error) for error in logged] == ["a secret"]
