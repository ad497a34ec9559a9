"""The weakest species and the most frequent confusions."""

from training.report import ReportInputs
from training.report.findings import confusions, weakest


def test_the_weakest_are_below_the_mean(inputs: ReportInputs) -> None:
    found = weakest(inputs.metrics, inputs.manifest.labels)

    assert [(weak.species.slug, weak.f1, weak.photos) for weak in found] == [("plant-2", 0.111, 2)]


def test_with_equal_scores_none_is_weak(inputs: ReportInputs) -> None:
    row = {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 5}
    perfect = inputs.metrics.model_copy(
        update={"macro_f1": 1.0, "species": dict.fromkeys(inputs.metrics.species, row)}
    )

    assert weakest(perfect, inputs.manifest.labels) == []


def test_the_most_frequent_confusions_come_first(inputs: ReportInputs) -> None:
    metrics = inputs.metrics.model_copy(update={"confusion": [[6, 2, 0], [2, 1, 1], [0, 3, 7]]})

    found = confusions(metrics, inputs.manifest.labels)

    pairs = [(c.truth.slug[-1], c.answer.slug[-1], c.photos, c.of) for c in found]
    assert pairs == [("2", "1", 3, 10), ("1", "0", 2, 4), ("0", "1", 2, 8), ("1", "2", 1, 4)]
    assert found[0].share == 0.3
