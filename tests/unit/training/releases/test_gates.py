"""The gates: a sound model passes, and every way of being worse is refused by the gate that is for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from frond.manifest import MODEL_NAME, Manifest, ModelFile
from frond.problems import InvalidModel
from tests.support.tiny_registry import AGREEMENT, METRICS, model_folder
from training.releases.gates import check_gates


def refused(directory: Path, manifest: Manifest, stable: Manifest | None = None) -> list[str]:
    return [gate.name for gate in check_gates(directory, manifest, stable) if not gate.passed]


def measured(**changes: Any) -> dict[str, Any]:
    return {"metrics": METRICS | changes}


def test_a_sound_model_passes_as_the_first_and_after_another(tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "new", seed=1)
    _, stable = model_folder(tmp_path / "stable", seed=2)

    assert refused(directory, manifest) == []
    assert refused(directory, manifest, stable) == []
    assert refused(directory, manifest, manifest) == []


WORSE: dict[str, tuple[dict[str, Any], str]] = {
    "collapsed": ({"agreement": {"top1": 0.6}}, "same answer as in float"),
    "agreement not measured": ({"agreement": {}}, "same answer as in float"),
    "F1 lost": ({"agreement": AGREEMENT | {"macro_f1_loss": 0.004}}, "macro F1 lost to int8"),
    "overconfident": (measured(expected_calibration_error=0.051), "calibration error"),
    "calibration not a number": (measured(expected_calibration_error=float("nan")), "calibration error"),
    "of another split": (measured(split="validation"), "evaluated"),
    "large": ({"file": ModelFile(sha256="0" * 64, size=60_000_001)}, "size"),
}


@pytest.mark.parametrize(("changes", "gate"), WORSE.values(), ids=WORSE)
def test_a_worse_model_fails_its_gate(tmp_path: Path, changes: dict[str, Any], gate: str) -> None:
    directory, sound = model_folder(tmp_path / "model")
    (directory / "report" / "metrics.json").write_text(json.dumps(changes.get("metrics", METRICS)))

    manifest = sound.model_copy(update=changes)
    assert refused(directory, manifest) == [gate]


def test_a_model_without_evaluation_fails(tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model", metrics={})

    assert refused(directory, manifest) == ["evaluated", "macro F1", "calibration error"]


@pytest.mark.parametrize(("f1", "passes"), [(0.931, True), (0.93, True), (0.929, False), (None, False)])
def test_f1_may_be_lower_by_no_more_than_the_interval(tmp_path: Path, f1: float | None, passes: bool) -> None:
    directory, manifest = model_folder(tmp_path / "new", seed=1, **measured(macro_f1=f1))
    _, stable = model_folder(tmp_path / "stable", seed=2)

    assert refused(directory, manifest, stable) == ([] if passes else ["macro F1"])


def other_photos(stable: Manifest) -> Manifest:
    return stable.model_copy(
        update={"dataset": stable.dataset.model_copy(update={"test_fingerprint": "of others"})}
    )


def unknown_photos(stable: Manifest) -> Manifest:
    return stable.model_copy(update={"dataset": stable.dataset.model_copy(update={"test_fingerprint": None})})


@pytest.mark.parametrize("change", [other_photos, unknown_photos])
def test_f1_on_other_photos_is_not_compared(tmp_path: Path, change: Any) -> None:
    directory, manifest = model_folder(tmp_path / "new", seed=1)
    _, stable = model_folder(tmp_path / "stable", seed=2, **measured(macro_f1=0.5))

    (gate,) = [gate for gate in check_gates(directory, manifest, change(stable)) if not gate.passed]
    assert gate.name == "macro F1"
    assert "same photos as stable" in gate.required


def test_a_stable_model_without_an_interval_is_still_compared(tmp_path: Path) -> None:
    metrics = {name: value for name, value in METRICS.items() if name != "macro_f1_interval"}
    _, stable = model_folder(tmp_path / "stable", seed=2, metrics=metrics)
    for number, (f1, passes) in enumerate([(0.95, True), (0.949, False)]):
        directory, manifest = model_folder(tmp_path / str(number), seed=1, **measured(macro_f1=f1))
        assert refused(directory, manifest, stable) == ([] if passes else ["macro F1"])


@pytest.mark.parametrize("name", ["report/index.html", "report/metrics.json", "MODEL_CARD.md", "NOTICE.md"])
def test_an_incomplete_report_fails(tmp_path: Path, name: str) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    (directory / name).unlink()

    assert refused(directory, manifest) == ["report"]


@pytest.mark.parametrize("content", [b'{"macro_f1": 0.99}', b"not JSON", b"[]"])
def test_the_report_of_another_evaluation_fails(tmp_path: Path, content: bytes) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    (directory / "report" / "metrics.json").write_bytes(content)

    assert refused(directory, manifest) == ["report"]


def test_a_model_that_does_not_load_raises(tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model")
    (directory / MODEL_NAME).write_bytes(b"something else")

    with pytest.raises(InvalidModel, match="does not match"):
        check_gates(directory, manifest, None)
