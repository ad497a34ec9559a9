"""The plants of photos are found, in the photo's own upright pixels, and classified on request."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from frond.detection import BoundingBox, Detection
from frond_classify import plant_detection
from frond_classify.app import ClassifyApp, current_app, use_app
from frond_classify.settings import ClassifySettings
from tests.support.lambda_context import FakeLambdaContext
from tests.support.tiny_detector import detector_folder
from tests.unit.classify.conftest import PHOTOS, Call, Reply, form
from tests.unit.classify.test_classifications import BAD

PATH = "/v1/detections"


@dataclass
class FakeDetector:
    """A detector that finds the same boxes in every photo.

    Attributes
    ----------
    detections
        The boxes.
    searched
        The pixels of the photos so far.
    """

    detections: tuple[Detection, ...]
    searched: list[NDArray[np.uint8]] = field(default_factory=list)
    manifest = SimpleNamespace(version="2026.11.28-0123abcd")

    def detect(self, photo: NDArray[np.uint8]) -> tuple[Detection, ...]:
        self.searched.append(photo)
        return self.detections


MAIZE = Detection(BoundingBox(0.25, 0.5, 0.5, 1.0), "zea-mays", 0.9)
CLEAVERS = Detection(BoundingBox(0.75, 0.0, 1.0, 0.5), "plant", 0.6)


@pytest.fixture
def app(call: Call, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClassifyApp]:
    """An app that stores nothing, with the model of the others."""
    before = current_app()
    app = ClassifyApp(ClassifySettings())
    monkeypatch.setattr(app, "_loading", before._loading)
    use_app(app)
    yield app
    use_app(before)


@pytest.fixture
def detector(app: ClassifyApp, monkeypatch: pytest.MonkeyPatch) -> FakeDetector:
    fake = FakeDetector((MAIZE, CLEAVERS))
    monkeypatch.setattr(app, "_detector_provider", SimpleNamespace(refresh=lambda: fake))
    return fake


def scene(orientation: int = 1) -> bytes:
    """Return a photo of 896 × 448 pixels with maize in one box and cleavers in the other."""
    meadow = Image.new("RGB", (896, 448), (90, 80, 75))
    for name, place in (("zea-mays", (224, 224)), ("galium-aparine", (672, 0))):
        meadow.paste(Image.open(PHOTOS / f"{name}.jpg"), place)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = meadow if orientation == 1 else meadow.transpose(Image.Transpose.ROTATE_90)
    file = io.BytesIO()
    stored.save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


def detect(call: Call, photo: bytes, **query: str) -> Any:
    reply: Reply = call("POST", PATH, photo, "image/jpeg", query)
    assert reply.status == 200, reply.body
    return reply.json


def test_boxes_are_in_pixels_and_fractions_of_the_photo(call: Call, detector: FakeDetector) -> None:
    answer = detect(call, scene())

    assert answer["detections"][0] == {
        "box": {"x": 224.0, "y": 224.0, "width": 224.0, "height": 224.0},
        "box_relative": {"x": 0.25, "y": 0.5, "width": 0.25, "height": 0.5},
        "class": "zea-mays",
        "confidence": 0.9,
        "classification": None,
    }
    assert [each["class"] for each in answer["detections"]] == ["zea-mays", "plant"]
    assert (answer["status"], answer["id"]) == ("succeeded", "a-request")
    assert (answer["model"], answer["classifier"]) == ({"version": "2026.11.28-0123abcd"}, None)
    assert answer["image"] == {"width": 896, "height": 448, "format": "JPEG"}
    assert answer["images"] == [{**answer["image"], "detections": answer["detections"], "not_classified": 0}]


def test_a_photo_is_searched_upright(call: Call, detector: FakeDetector) -> None:
    # Stored turned by a quarter, as cameras do.
    answer = detect(call, scene(orientation=6), classify="true")

    assert detector.searched[0].shape == (448, 896, 3)
    assert answer["image"] == {"width": 896, "height": 448, "format": "JPEG"}
    assert species(answer) == ["zea-mays", "galium-aparine"]


def species(answer: Any) -> list[str]:
    return [each["classification"]["predictions"][0]["species"] for each in answer["detections"]]


def test_each_plant_is_classified_on_request(call: Call, detector: FakeDetector) -> None:
    answer = detect(call, scene(), classify="true", top="2", lang="fr")

    first = answer["detections"][0]["classification"]
    assert species(answer) == ["zea-mays", "galium-aparine"]
    assert (first["verdict"], len(first["predictions"]), first["issues"]) == ("identified", 2, [])
    assert first["predictions"][0]["common_name"] == "Maïs"
    assert answer["classifier"] == {"version": current_app().classifier.manifest.version}


def test_a_small_plant_is_noted(call: Call, detector: FakeDetector) -> None:
    detector.detections = (Detection(BoundingBox(0.5, 0.5, 0.55, 0.6), "plant", 0.9),)

    (plant,) = detect(call, scene(), classify="true")["detections"]

    assert "too_small" in [each["issue"] for each in plant["classification"]["issues"]]


def test_plants_of_low_confidence_can_be_left_out(call: Call, detector: FakeDetector) -> None:
    (plant,) = detect(call, scene(), min_confidence="0.7")["detections"]

    assert plant["class"] == "zea-mays"


def test_several_photos_are_searched_one_by_one(call: Call, detector: FakeDetector, maize: bytes) -> None:
    body, content_type = form(("image", scene()), ("image", maize))

    answer = call("POST", PATH, body, content_type).json

    assert [(each["width"], len(each["detections"])) for each in answer["images"]] == [(896, 2), (224, 2)]
    assert answer["images"][1]["detections"][0]["box"] == {"x": 56, "y": 112, "width": 56, "height": 112}
    assert (answer["image"]["width"], answer["detections"]) == (896, answer["images"][0]["detections"])


def test_a_photo_without_plants_is_no_problem(call: Call, detector: FakeDetector) -> None:
    detector.detections = ()

    assert detect(call, scene(), classify="true")["detections"] == []


def test_the_most_confident_plants_are_classified(
    call: Call, detector: FakeDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plant_detection, "MAX_CROPS", 1)

    answer = detect(call, scene(), classify="true")

    assert [each["classification"] is None for each in answer["detections"]] == [False, True]
    assert answer["images"][0]["not_classified"] == 1


def test_the_response_comes_when_the_time_is_over(
    call: Call, detector: FakeDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    remaining = iter([plant_detection.RESERVE_MS + 1, plant_detection.RESERVE_MS])
    monkeypatch.setattr(FakeLambdaContext, "get_remaining_time_in_millis", lambda _: next(remaining))

    answer = detect(call, scene(), classify="true")

    assert [each["classification"] is None for each in answer["detections"]] == [False, True]
    assert answer["images"][0]["not_classified"] == 1


def test_the_edges_of_a_photo_hold_every_box(call: Call, detector: FakeDetector) -> None:
    detector.detections = tuple(
        Detection(BoundingBox(x, y, 1.0, 1.0), "plant", 0.5) for x, y in ((0.0, 0.0), (1 / 3, 2 / 3))
    )
    for width, height in ((1, 1), (3, 700), (701, 2)):
        file = io.BytesIO()
        Image.new("RGB", (width, height)).save(file, "PNG")
        for plant in detect(call, file.getvalue(), classify="true")["detections"]:
            box, relative = plant["box"], plant["box_relative"]
            assert box["x"] + box["width"] == pytest.approx(width)
            assert box["y"] + box["height"] == pytest.approx(height)
            assert relative["x"] + relative["width"] == pytest.approx(1)


@pytest.mark.parametrize("case", BAD, ids=str)
def test_invalid_input_is_the_problem_of_a_classification(
    call: Call, detector: FakeDetector, case: str
) -> None:
    body, content_type, status, problem = BAD[case]

    reply = call("POST", PATH, body, content_type)

    assert (reply.status, reply.problem) == (status, problem)


def test_the_problem_names_the_photo(call: Call, detector: FakeDetector, maize: bytes) -> None:
    body, content_type = form(("image", maize), ("image", b"not a photo"))

    assert call("POST", PATH, body, content_type).json["detail"].startswith("Photo 2 of 2: ")


@pytest.mark.parametrize(
    "query", [{"min_confidence": "2"}, {"classify": "perhaps"}, {"top": "0"}, {"lang": "x"}]
)
def test_an_invalid_query_is_a_problem(
    call: Call, detector: FakeDetector, maize: bytes, query: dict[str, str]
) -> None:
    assert call("POST", PATH, maize, "image/jpeg", query).problem == "invalid-request"


def test_a_service_without_a_detector_has_no_such_path(
    call: Call, app: ClassifyApp, maize: bytes, tmp_path: Path
) -> None:
    use_app(app_of(app, tmp_path))

    reply = call("POST", PATH, maize, "image/jpeg")

    assert (reply.status, reply.problem) == (404, "unknown-path")
    assert "no detector" in reply.json["detail"]


def test_a_real_detector_is_loaded_from_the_model_folder(
    call: Call, app: ClassifyApp, tmp_path: Path
) -> None:
    _, manifest = detector_folder(tmp_path / "detection")
    use_app(app_of(app, tmp_path))

    answer = detect(call, scene())

    # The photo lies between two bars of 16 pixels in the detector's square of 64; a pixel of it is 14 here.
    first, second = (each["box"] for each in answer["detections"])
    assert answer["model"] == {"version": manifest.version}
    assert [each["class"] for each in answer["detections"]] == ["zea-mays", "plant"]
    assert (first["x"], first["y"]) == (pytest.approx(4 * 14, abs=7), 0)
    assert (second["x"], second["y"]) == (pytest.approx(34 * 14, abs=7), pytest.approx(20 * 14, abs=7))


def test_a_damaged_detector_is_an_error_of_the_service(
    call: Call, app: ClassifyApp, maize: bytes, tmp_path: Path
) -> None:
    (tmp_path / "detection").mkdir()
    (tmp_path / "detection" / "manifest.json").write_text("{}")
    use_app(app_of(app, tmp_path))

    reply = call("POST", PATH, maize, "image/jpeg")

    assert (reply.status, reply.problem) == (500, "internal")
    assert call("POST", "/v1/classifications", maize, "image/jpeg", {"record": "false"}).status == 200


def app_of(app: ClassifyApp, folder: Path) -> ClassifyApp:
    """Return an app whose models are in a folder; the classifier is loaded already."""
    other = ClassifyApp(ClassifySettings(model_dir=folder))
    vars(other)["_loading"] = app._loading
    return other
