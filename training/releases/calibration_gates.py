"""Gates on the confidences: expected against observed errors, and no certainty beyond the evidence."""

from pydantic import ValidationError

from frond.manifest import Manifest
from training.artifacts.metrics_file import CalibrationMetrics, ErrorCount
from training.releases.gate import Gate, number

# One sound model in a hundred is refused by chance.
MIN_P_VALUE = 0.01
# A lower chance of a single error among all test photos claims more than so many photos can show.
MIN_CHANCE_OF_AN_ERROR = 0.05
# Expected calibration error. The aim is 0.03; a test split of some hundred photos alone adds about 0.02.
CALIBRATION_ERROR = 0.05


def calibration_gates(manifest: Manifest) -> list[Gate]:
    """Return the gates on a model's confidences, by the metrics in its manifest."""
    return [_mean_gap(manifest), *_error_gates(manifest)]


def _mean_gap(manifest: Manifest) -> Gate:
    error = number(manifest.metrics, "expected_calibration_error")
    measured = "not measured" if error is None else f"{error:.4f}"
    passed = error is not None and error <= CALIBRATION_ERROR
    return Gate("calibration error", measured, f"at most {CALIBRATION_ERROR}", passed)


def _error_gates(manifest: Manifest) -> list[Gate]:
    try:
        found = CalibrationMetrics.model_validate(manifest.metrics.get("calibration"))
    except ValidationError:
        return [Gate("expected errors", "not measured", "as `evaluate` measures them", False)]
    return [
        _true("expected errors", found.errors, 1),
        _true("expected errors over 0.9", found.confident_errors, 1),
        _by_answer(found),
        _no_certainty(found),
    ]


def _true(name: str, errors: ErrorCount, tests: int, of: str = "") -> Gate:
    """Compare expected with observed errors; of several, the least p-value times their number."""
    p_value = min(1.0, errors.p_value * tests)
    counts = f"{errors.expected:.1f} expected, {errors.observed} seen of {errors.photos}{of}"
    measured = f"{counts}, p = {p_value:.2g}"
    return Gate(name, measured, f"p at least {MIN_P_VALUE}", p_value >= MIN_P_VALUE)


def _by_answer(found: CalibrationMetrics) -> Gate:
    """Check the species whose answers are the least true, by Bonferroni's correction."""
    answered = {slug: errors for slug, errors in found.by_answer.items() if errors.photos}
    worst = min(answered, key=lambda slug: answered[slug].p_value)
    return _true("expected errors by answer", answered[worst], len(answered), f" as {worst}")


def _no_certainty(found: CalibrationMetrics) -> Gate:
    chance, photos = found.chance_of_an_error, found.errors.photos
    return Gate(
        "certainty",
        f"chance of an error {chance:.3f}",
        f"at least {MIN_CHANCE_OF_AN_ERROR} that one of {photos} photos is wrong",
        chance >= MIN_CHANCE_OF_AN_ERROR,
    )
