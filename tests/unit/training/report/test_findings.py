"""What the numbers say in words."""

from training.report import Material
from training.report.findings import confusions, weakest


def test_the_weakest_are_those_under_the_mean(material: Material) -> None:
    found = weakest(material.metrics, material.manifest.labels)

    assert [(weak.species.slug, weak.f1, weak.photos) for weak in found] == [("plant-2", 0.111, 2)]


def test_where_all_are_alike_none_is_weak(material: Material) -> None:
    row = {"precision": 1.0, "recall": 1.0, "f1-score": 1.0, "support": 5}
    perfect = material.metrics.model_copy(
        update={"macro_f1": 1.0, "species": dict.fromkeys(material.metrics.species, row)}
    )

    assert weakest(perfect, material.manifest.labels) == []


def test_the_commonest_wrong_answers_come_first(material: Material) -> None:
    metrics = material.metrics.model_copy(update={"confusion": [[6, 2, 0], [2, 1, 1], [0, 3, 7]]})

    found = confusions(metrics, material.manifest.labels)

    pairs = [(c.truth.slug[-1], c.answer.slug[-1], c.photos, c.of) for c in found]
    assert pairs == [("2", "1", 3, 10), ("1", "0", 2, 4), ("0", "1", 2, 8), ("1", "2", 1, 4)]
    assert found[0].share == 0.3
