"""The gates: a sound model passes, and every way of being worse is refused by the gate that is for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from frond.manifest import MODEL_NAME, Manifest, ModelFile
from frond.problems import InvalidModel
from tests.support.tiny_registry import CALIBRATION, ERRORS, METRICS, model_folder
from training.releases.gate import Gate
from training.releases.gates import check_gates
from training.releases.paired import MeasuredModel


def failed(directory: Path, manifest: Manifest, stable: Manifest | None = None) -> list[Gate]:
    earlier = MeasuredModel(stable, None) if stable else None
    return [gate for gate in check_gates(directory, manifest, earlier) if not gate.passed]


def refused(directory: Path, manifest: Manifest, stable: Manifest | None = None) -> list[str]:
    return [gate.name for gate in failed(directory, manifest, stable)]


def measured(**changes: Any) -> dict[str, Any]:
    return {"metrics": METRICS | changes}


def calibrated(**changes: Any) -> dict[str, Any]:
    return measured(calibration=CALIBRATION | changes)


def test_a_sound_model_passes_as_the_first_and_after_another(tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "new", seed=1)
    _, stable = model_folder(tmp_path / "stable", seed=2)

    assert refused(directory, manifest) == []
    assert refused(directory, manifest, stable) == []
    assert refused(directory, manifest, manifest) == []


OVERSTATED = ERRORS | {"expected": 5.1, "observed": 16, "p_value": 0.0001}
WORSE: dict[str, tuple[dict[str, Any], str]] = {
    "collapsed": ({"agreement": {"top1": 0.6}}, "errors added by int8"),
    "agreement not measured": ({"agreement": {}}, "errors added by int8"),
    "far off": (measured(expected_calibration_error=0.051), "calibration error"),
    "calibration not a number": (measured(expected_calibration_error=float("nan")), "calibration error"),
    "overconfident": (calibrated(errors=OVERSTATED), "expected errors"),
    "overconfident where it is sure": (calibrated(confident_errors=OVERSTATED), "expected errors over 0.9"),
    "overconfident in a species": (
        calibrated(by_answer=CALIBRATION["by_answer"] | {"plant-1": OVERSTATED}),
        "expected errors by answer",
    ),
    "always 100 %, without an error": (calibrated(chance_of_an_error=0.0), "certainty"),
    "without calibration": (measured(calibration=None), "expected errors"),
    "of another split": (measured(split="validation"), "evaluated"),
    "large": ({"file": ModelFile(sha256="0" * 64, size=60_000_001)}, "size"),
}


@pytest.mark.parametrize(("changes", "gate"), WORSE.values(), ids=WORSE)
def test_a_worse_model_fails_its_gate(tmp_path: Path, changes: dict[str, Any], gate: str) -> None:
    directory, sound = model_folder(tmp_path / "model")
    (directory / "report" / "metrics.json").write_text(json.dumps(changes.get("metrics", METRICS)))

    manifest = sound.model_copy(update=changes)
    assert refused(directory, manifest) == [gate]


def test_one_odd_species_of_many_is_chance(tmp_path: Path) -> None:
    odd = ERRORS | {"p_value": 0.005}
    directory, manifest = model_folder(
        tmp_path / "model", **calibrated(by_answer=CALIBRATION["by_answer"] | {"plant-1": odd})
    )

    # Three species: 3 x 0.005 is more than 0.01.
    assert refused(directory, manifest) == []


@pytest.mark.parametrize(
    ("lost", "won", "photos", "passes"),
    [
        (1, 0, 180, True),  # one photo of a small set
        (2, 0, 180, False),
        (8, 9, 309, True),  # other answers than in float on 5 % of the photos, and no fewer right ones
        (9, 5, 309, False),
        (8, 5, 309, True),  # within one standard error
        (40, 20, 10_000, True),  # beyond chance, but no more than three in a thousand
        (60, 20, 10_000, False),
    ],
)
def test_int8_is_judged_by_the_errors_it_adds(
    tmp_path: Path, lost: int, won: int, photos: int, passes: bool
) -> None:
    agreement = {"top1": 0.95, "lost": lost, "won": won, "photos": photos}
    directory, manifest = model_folder(tmp_path / "model", agreement=agreement)

    assert refused(directory, manifest) == ([] if passes else ["errors added by int8"])


def test_a_limit_of_less_than_one_photo_is_named_as_such(tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model", agreement={"lost": 2, "won": 0, "photos": 180})

    (gate,) = failed(directory, manifest)
    assert gate.measured == "2 lost and 0 won of 180 validation photos"
    assert "0.3% of 180 photos is less than one, so one photo passes" in gate.required


def test_a_model_without_evaluation_fails(tmp_path: Path) -> None:
    directory, manifest = model_folder(tmp_path / "model", metrics={})

    assert refused(directory, manifest) == ["evaluated", "macro F1", "calibration error", "expected errors"]


class TestWithoutPredictions:
    """Models released before predictions were stored are compared by their intervals."""

    @pytest.mark.parametrize(("f1", "passes"), [(0.931, True), (0.93, True), (0.929, False), (None, False)])
    def test_f1_may_be_lower_by_no_more_than_the_interval(
        self, tmp_path: Path, f1: float | None, passes: bool
    ) -> None:
        directory, manifest = model_folder(tmp_path / "new", seed=1, **measured(macro_f1=f1))
        _, stable = model_folder(tmp_path / "stable", seed=2)

        assert refused(directory, manifest, stable) == ([] if passes else ["macro F1"])

    @pytest.mark.parametrize("fingerprint", ["of others", None])
    def test_f1_on_other_photos_is_not_compared(self, tmp_path: Path, fingerprint: str | None) -> None:
        directory, manifest = model_folder(tmp_path / "new", seed=1)
        _, stable = model_folder(tmp_path / "stable", seed=2, **measured(macro_f1=0.5))
        dataset = stable.dataset.model_copy(update={"test_fingerprint": fingerprint})

        (gate,) = failed(directory, manifest, stable.model_copy(update={"dataset": dataset}))
        assert gate.name == "macro F1"
        assert "same photos as stable" in gate.required

    def test_a_stable_model_without_an_interval_is_still_compared(self, tmp_path: Path) -> None:
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
        check_gates(directory, manifest)
