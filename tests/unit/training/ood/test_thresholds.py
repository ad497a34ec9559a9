"""Thresholds identify the target share of known photos, and the better score is chosen."""

import numpy as np
import pytest

from frond.calibration import Calibrator
from frond.manifest import Abstention
from frond.ood_scores import KLToUniform, MaximumSoftmax, margin, softmax
from tests.unit.training.ood.random_outputs import known, two_classes, unknown
from training.ood import ACCEPTANCE, choose_abstention
from training.ood.score_fitting import fit_mahalanobis, fit_scores
from training.ood.scores import OodScore
from training.ood.thresholds import MARGIN_FLOOR, MAX_UNCERTAIN, choose_margin, fit_thresholds, rejected

CALIBRATOR = Calibrator(0.8)
SCORES = fit_scores(known(500), temperature=0.8)


class TestThresholds:
    @pytest.mark.parametrize("score", SCORES, ids=lambda score: score.name)
    @pytest.mark.parametrize("sure", [2, 6])
    def test_the_target_share_of_known_photos_is_identified(self, score: OodScore, sure: float) -> None:
        validation = known(1000, seed=3, sure=sure)

        chosen = fit_thresholds(score, validation, CALIBRATOR)

        assert rejected(chosen, validation.outputs, CALIBRATOR).sum() == 50

    def test_uncertain_photos_count_towards_the_same_share(self) -> None:
        validation = known(1000, seed=3, sure=2)

        chosen = fit_thresholds(SCORES[0], validation, CALIBRATOR)

        ambiguous = chosen.is_ambiguous(softmax(validation.outputs.logits / 0.8))
        assert 0 < ambiguous.sum() <= MAX_UNCERTAIN * 1000
        unrecognised = ~chosen.is_in_distribution(validation.outputs.logits, validation.outputs.embeddings)
        assert (ambiguous | unrecognised).sum() == 50

    def test_other_known_photos_are_accepted_about_as_often(self) -> None:
        chosen = fit_thresholds(SCORES[0], known(2000, seed=3), CALIBRATOR)

        accepted = 1 - rejected(chosen, known(2000, seed=4).outputs, CALIBRATOR).mean()
        assert accepted == pytest.approx(ACCEPTANCE, abs=0.02)

    @pytest.mark.parametrize("photos", [1, 3, 19])
    def test_too_few_photos_to_reject_one_are_all_identified(self, photos: int) -> None:
        chosen = choose_abstention(known(photos, seed=3), CALIBRATOR)

        assert chosen.acceptance == 1
        assert chosen.min_margin == 0

    def test_rejected_photos_are_those_that_serving_does_not_identify(self) -> None:
        chosen = fit_thresholds(SCORES[0], known(1000, seed=3, sure=2), CALIBRATOR)
        photos = known(200, seed=5, sure=2).outputs
        expected = [
            KLToUniform().of(logits, embedding) < chosen.not_recognised_below
            or margin(softmax(logits / 0.8)) < chosen.min_margin
            for logits, embedding in zip(photos.logits, photos.embeddings, strict=True)
        ]

        assert 0 < sum(expected) < 200
        assert rejected(chosen, photos, CALIBRATOR).tolist() == expected


class TestMargin:
    def test_at_least_half_of_the_photos_below_it_are_wrong(self) -> None:
        ahead = 0.6 + np.arange(1000) / 4000
        correct = np.ones(1000, dtype=bool)
        correct[[0, 1, 4]] = False  # of the six lowest three are wrong, of the seven lowest less than half

        threshold = choose_margin(ahead, correct)

        assert (ahead < threshold).sum() == 6

    def test_no_more_than_a_small_share_is_uncertain(self) -> None:
        ahead = np.random.default_rng(0).permutation(1000) / 1000

        threshold = choose_margin(ahead, np.zeros(1000, dtype=bool))

        assert (ahead < threshold).mean() == pytest.approx(MAX_UNCERTAIN)

    def test_it_is_raised_to_the_floor_even_without_errors(self) -> None:
        ahead = np.array([0.02, 0.05, 0.47, *np.linspace(0.6, 1, 997)])

        assert choose_margin(ahead, np.ones(1000, dtype=bool)) == MARGIN_FLOOR

    def test_a_model_without_errors_and_close_calls_is_never_uncertain(self) -> None:
        ahead = np.linspace(0.6, 1, 1000)

        assert not (ahead < choose_margin(ahead, np.ones(1000, dtype=bool))).any()

    def test_the_floor_makes_no_larger_share_uncertain(self) -> None:
        ahead = np.arange(1000) / 20000

        assert (ahead < choose_margin(ahead, np.ones(1000, dtype=bool))).mean() == pytest.approx(
            MAX_UNCERTAIN
        )

    def test_photos_with_equal_margins_have_the_same_verdict(self) -> None:
        threshold = choose_margin(np.full(1000, 0.25), np.zeros(1000, dtype=bool))

        assert not (np.full(1000, 0.25) < threshold).any()


class TestChoice:
    validation = known(1000, seed=3)

    def test_without_unknown_photos_it_is_the_first(self) -> None:
        chosen = choose_abstention(self.validation, CALIBRATOR)

        assert chosen.score == KLToUniform()
        assert chosen.acceptance == pytest.approx(ACCEPTANCE)

    def test_a_score_that_rejects_more_is_chosen(self) -> None:
        # Two classes at once are far from the uniform distribution, but neither has a high probability.
        others = {"others": two_classes(200, logit_gap=1.3)}

        chosen = choose_abstention(self.validation, CALIBRATOR, others)

        assert chosen.score == MaximumSoftmax(temperature=0.8)
        assert rejected(chosen, others["others"], CALIBRATOR).mean() > 0.9
        first = fit_thresholds(KLToUniform(), self.validation, CALIBRATOR)
        assert rejected(first, others["others"], CALIBRATOR).mean() < 0.1

    def test_between_equals_it_is_the_first(self) -> None:
        easy = {"others": unknown(100, logit=0, away=30)}

        assert choose_abstention(self.validation, CALIBRATOR, easy).score == KLToUniform()

    def test_one_photo_of_a_few_decides_nothing(self) -> None:
        easy, hard = unknown(17, logit=0, away=30), two_classes(1, logit_gap=1.3)
        logits = np.concatenate([easy.logits, hard.logits])
        embeddings = np.concatenate([easy.embeddings, hard.embeddings])
        mixed = {"others": type(easy)(logits, embeddings, 1.0)}
        first = fit_thresholds(KLToUniform(), self.validation, CALIBRATOR)
        second = fit_thresholds(MaximumSoftmax(temperature=0.8), self.validation, CALIBRATOR)

        assert rejected(first, mixed["others"], CALIBRATOR).sum() == 17
        assert rejected(second, mixed["others"], CALIBRATOR).sum() == 18
        assert choose_abstention(self.validation, CALIBRATOR, mixed).score == KLToUniform()

    def test_every_set_has_the_same_weight_whatever_its_size(self) -> None:
        sets = {"many": unknown(500, logit=0, away=0), "few": two_classes(50, logit_gap=1.3)}

        chosen = choose_abstention(self.validation, CALIBRATOR, sets)

        assert rejected(chosen, sets["many"], CALIBRATOR).mean() > 0.9
        assert rejected(chosen, sets["few"], CALIBRATOR).mean() > 0.9

    def test_only_scores_that_the_layer_serves_are_candidates(self) -> None:
        far_but_sure = {"others": unknown(200, logit=7, away=30)}

        chosen = choose_abstention(self.validation, CALIBRATOR, far_but_sure)

        assert Abstention.model_validate_json(chosen.model_dump_json()) == chosen
        best = fit_thresholds(fit_mahalanobis(known(500)), self.validation, CALIBRATOR)
        assert rejected(best, far_but_sure["others"], CALIBRATOR).mean() > 0.9
