"""Gates of a detector, and its way to the registry."""

import json
from pathlib import Path
from typing import Any

import pytest

from frond.detection import DetectionManifest
from frond.registry import Registry
from tests.support.tiny_detector import PLANTS, detector_folder
from tests.support.tiny_registry import ALICE, moto_s3, new_bucket
from training.errors import TrainingError
from training.releases.detection_gates import check_detection_gates
from training.releases.inventory import channels_of
from training.releases.release import release

METRICS: dict[str, Any] = {"split": "test", "photos": 100, "map": 0.7}
AGREEMENT = {"float_map": 0.704, "int8_map": 0.7}


def evaluated(folder: Path, count: int = 2, **changes: Any) -> tuple[Path, DetectionManifest]:
    """Write the files of a measured detector."""
    _, manifest = detector_folder(folder, PLANTS[:count])
    manifest = manifest.model_copy(update={"metrics": METRICS, "agreement": AGREEMENT} | changes)
    (folder / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    (folder / "report").mkdir()
    (folder / "report" / "detections.json").write_text("[]", encoding="utf-8")
    (folder / "report" / "metrics.json").write_text(json.dumps(manifest.metrics), encoding="utf-8")
    for name in ("NOTICE.md", "MODEL_CARD.md"):
        (folder / name).write_text("# Detector\n", encoding="utf-8")
    return folder, manifest


def refused(folder: Path, manifest: DetectionManifest, **earlier: DetectionManifest) -> list[str]:
    gates = check_detection_gates(folder, manifest, **earlier)
    return [gate.name for gate in gates if not gate.passed]


def test_a_sound_detector_passes_every_gate(tmp_path: Path) -> None:
    folder, manifest = evaluated(tmp_path)
    assert refused(folder, manifest) == []
    assert refused(folder, manifest, stable=manifest, best=manifest) == []


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"metrics": METRICS | {"split": "validation"}}, "evaluated"),
        ({"agreement": {"float_map": 0.706, "int8_map": 0.7}}, "int8"),
        ({"agreement": {}}, "int8"),
    ],
)
def test_a_detector_is_refused(tmp_path: Path, changes: dict[str, Any], gate: str) -> None:
    assert refused(*evaluated(tmp_path, **changes)) == [gate]


@pytest.mark.parametrize(("earlier", "gates"), [(0.705, []), (0.715, ["mAP"])])
def test_the_map_is_compared_on_the_same_photos(tmp_path: Path, earlier: float, gates: list[str]) -> None:
    folder, manifest = evaluated(tmp_path)
    before = manifest.model_copy(update={"metrics": METRICS | {"map": earlier}})
    assert refused(folder, manifest, best=before) == gates
    other = before.dataset.model_copy(update={"test_fingerprint": "other"})
    assert refused(folder, manifest, stable=before.model_copy(update={"dataset": other})) == ["mAP"]


def test_a_report_of_another_evaluation_is_refused(tmp_path: Path) -> None:
    folder, manifest = evaluated(tmp_path)
    (folder / "report" / "metrics.json").write_text('{"map": 0.1}', encoding="utf-8")
    assert refused(folder, manifest) == ["report"]
    (folder / "NOTICE.md").unlink()
    assert refused(folder, manifest) == ["report"]


def test_a_detector_is_released_to_its_own_channel(tmp_path: Path) -> None:
    with moto_s3() as s3:
        registry: Registry = new_bucket(s3).registry
        folder, manifest = evaluated(tmp_path / "good")
        assert release(registry, folder, ALICE) == manifest
        assert registry.channels.pointer("detection-candidate").version == manifest.version
        assert registry.channels.pointer("candidate").version is None

        worse, _ = evaluated(tmp_path / "worse", count=1, metrics=METRICS | {"map": 0.5})
        with pytest.raises(TrainingError, match="mAP"):
            release(registry, worse, ALICE)
        assert release(registry, worse, ALICE, "for a test").forced == "for a test"


def test_a_stable_detector_of_an_earlier_format_stops_no_release(tmp_path: Path) -> None:
    with moto_s3() as s3:
        bucket = new_bucket(s3)
        channels = bucket.registry.channels
        folder, earlier = evaluated(tmp_path / "earlier")
        release(bucket.registry, folder, ALICE)
        channels.advance(channels.pointer("detection-stable"), earlier.version, ALICE)
        content = earlier.model_dump(mode="json") | {"format_version": 1}
        bucket.put(f"models/{earlier.version}/manifest.json", json.dumps(content).encode())

        newer, manifest = evaluated(tmp_path / "newer", count=1, metrics=METRICS | {"map": 0.5})
        assert release(bucket.registry, newer, ALICE) == manifest


def test_an_unknown_task_is_named() -> None:
    with pytest.raises(TrainingError, match="no task 'segmentation'"):
        channels_of("segmentation")
