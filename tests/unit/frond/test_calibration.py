"""The map from logits to confidences, with and without confused pairs."""

import numpy as np
import pytest
from pydantic import ValidationError

from frond.calibration import Calibrator, ConfusedPair, PairScaling, index_pairs
from frond.manifest import Manifest
from frond.ood_scores import softmax
from tests.support.tiny_model import manifest_of, tiny_model

LOGITS = np.array([[4.0, 3.0, 1.0], [0.0, 9.0, 2.0]], dtype=np.float32)


def test_without_pairs_it_is_temperature_scaling() -> None:
    assert (Calibrator(0.7).confidences(LOGITS) == softmax(LOGITS / 0.7)).all()


def test_a_pair_shares_its_probability_by_its_own_temperature() -> None:
    plain, paired = Calibrator(1), Calibrator(1, (PairScaling(0, 1, 4.0),))

    before, after = plain.confidences(LOGITS), paired.confidences(LOGITS)

    assert after[:, 2] == pytest.approx(before[:, 2])
    assert after.sum(axis=1) == pytest.approx(1)
    both = before[0, 0] + before[0, 1]
    assert after[0, 0] == pytest.approx(both / (1 + np.exp(-1 / 4)))
    assert after[1, 1] == pytest.approx((before[1, 0] + before[1, 1]) / (1 + np.exp(-9 / 4)))


def test_the_pair_keeps_its_order_and_its_place_in_the_pair_does_not_matter() -> None:
    logits = np.random.default_rng(0).normal(scale=5, size=(500, 3)).astype(np.float32)
    one, other = Calibrator(1, (PairScaling(0, 2, 3.0),)), Calibrator(1, (PairScaling(2, 0, 3.0),))

    confidences = one.confidences(logits)

    assert ((confidences[:, 0] > confidences[:, 2]) == (logits[:, 0] > logits[:, 2])).all()
    assert confidences == pytest.approx(other.confidences(logits))


def test_extreme_logits_do_not_overflow() -> None:
    extremes = np.array([3e38, -3e38, 0], dtype=np.float32)

    assert Calibrator(1, (PairScaling(0, 1, 0.1),)).confidences(extremes).tolist() == [1, 0, 0]


def test_any_leading_axes() -> None:
    calibrator = Calibrator(1, (PairScaling(0, 1, 2.0),))

    assert (calibrator.confidences(LOGITS[np.newaxis])[0, 1] == calibrator.confidences(LOGITS[1])).all()


class TestManifest:
    manifest = manifest_of(tiny_model())

    def with_pairs(self, *pairs: tuple[str, str]) -> Manifest:
        listed = [{"species": pair, "temperature": 1.5} for pair in pairs]
        return Manifest.model_validate(
            self.manifest.model_dump(exclude={"confused_pairs"}) | {"confused_pairs": listed}
        )

    def test_a_manifest_without_pairs_is_valid(self) -> None:
        before = self.manifest.model_dump(mode="json", exclude={"confused_pairs"})

        assert Manifest.model_validate(before).calibrator() == Calibrator(self.manifest.temperature)

    def test_pairs_are_read_back(self) -> None:
        manifest = self.with_pairs(("plant-2", "plant-0"))

        read = Manifest.model_validate_json(manifest.model_dump_json())
        assert read.calibrator() == Calibrator(1.0, (PairScaling(2, 0, 1.5),))

    @pytest.mark.parametrize(
        ("pairs", "match"),
        [
            ([("plant-0", "plant-9")], "unknown species: plant-9"),
            ([("plant-0", "plant-1"), ("plant-1", "plant-2")], "in two confused pairs"),
            ([("plant-0", "plant-0")], "confused with itself"),
        ],
    )
    def test_pairs_of_other_species_are_refused(self, pairs: list[tuple[str, str]], match: str) -> None:
        with pytest.raises(ValidationError, match=match):
            self.with_pairs(*pairs)


def test_pairs_by_index() -> None:
    pair = ConfusedPair(species=("b", "c"), temperature=2)

    assert index_pairs([pair], ["a", "b", "c"]) == (PairScaling(1, 2, 2),)
