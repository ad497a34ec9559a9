"""Thresholds keep their promise where they were chosen, and the score that wins is the better one."""

import numpy as np
import pytest

from frond.ood_scores import KLToUniform, Mahalanobis, Score, margin, softmax
from tests.unit.training.abstention.made_up import known, unknown
from training.ood import ACCEPTANCE, choose_abstention
from training.ood.score_fitting import fit_scores
from training.ood.thresholds import LEAST_MARGIN, UNCERTAIN, choose_margin, turned_away, with_thresholds

SCORES = fit_scores(known(500), temperature=0.8)


class TestThresholds:
    @pytest.mark.parametrize("score", SCORES, ids=lambda score: score.name)
    @pytest.mark.parametrize("sure", [2, 6])
    def test_the_wanted_share_of_known_photos_is_identified(self, score: Score, sure: float) -> None:
        validation = known(1000, seed=3, sure=sure)

        chosen = with_thresholds(score, validation, 0.8)

        assert chosen.acceptance == pytest.approx(ACCEPTANCE)
        assert turned_away(chosen, validation.outputs, 0.8).sum() == 50

    def test_what_is_uncertain_comes_out_of_the_same_share(self) -> None:
        validation = known(1000, seed=3, sure=2)

        chosen = with_thresholds(SCORES[0], validation, 0.8)

        hesitant = chosen.is_ambiguous(softmax(validation.outputs.logits / 0.8))
        assert 0 < hesitant.sum() <= UNCERTAIN * 1000
        unseen = ~chosen.is_in_distribution(validation.outputs.logits, validation.outputs.embeddings)
        assert (hesitant | unseen).sum() == 50

    def test_other_known_photos_are_accepted_about_as_often(self) -> None:
        chosen = with_thresholds(SCORES[0], known(2000, seed=3), 0.8)

        accepted = 1 - turned_away(chosen, known(2000, seed=4).outputs, 0.8).mean()
        assert accepted == pytest.approx(ACCEPTANCE, abs=0.02)

    @pytest.mark.parametrize("photos", [1, 3, 19])
    def test_too_few_photos_to_turn_one_away_are_all_accepted(self, photos: int) -> None:
        chosen = with_thresholds(SCORES[0], known(photos, seed=3), 0.8)

        assert chosen.acceptance == 1
        assert chosen.min_margin == 0

    def test_turned_away_is_what_serving_would_not_identify(self) -> None:
        chosen = with_thresholds(SCORES[0], known(1000, seed=3, sure=2), 0.8)
        photos = known(200, seed=5, sure=2).outputs
        by_hand = [
            KLToUniform().of(logits, embedding) < chosen.not_recognised_below
            or margin(softmax(logits / 0.8)) < chosen.min_margin
            for logits, embedding in zip(photos.logits, photos.embeddings, strict=True)
        ]

        assert 0 < sum(by_hand) < 200
        assert turned_away(chosen, photos, 0.8).tolist() == by_hand


class TestMargin:
    def test_it_ends_where_half_are_wrong(self) -> None:
        ahead = 0.6 + np.arange(1000) / 4000
        correct = np.ones(1000, dtype=bool)
        correct[[0, 1, 4]] = False  # of the six lowest three are wrong, of the seven lowest too few

        threshold = choose_margin(ahead, correct)

        assert (ahead < threshold).sum() == 6

    def test_no_more_than_a_small_share_is_uncertain(self) -> None:
        ahead = np.random.default_rng(0).permutation(1000) / 1000

        threshold = choose_margin(ahead, np.zeros(1000, dtype=bool))

        assert (ahead < threshold).mean() == pytest.approx(UNCERTAIN)

    def test_two_species_near_each_other_are_too_close_even_if_the_first_was_always_right(self) -> None:
        ahead = np.array([0.02, 0.05, 0.47, *np.linspace(0.6, 1, 997)])

        assert choose_margin(ahead, np.ones(1000, dtype=bool)) == LEAST_MARGIN

    def test_a_model_that_is_always_right_and_clear_is_never_uncertain(self) -> None:
        ahead = np.linspace(0.6, 1, 1000)

        assert not (ahead < choose_margin(ahead, np.ones(1000, dtype=bool))).any()

    def test_near_each_other_is_no_larger_share_either(self) -> None:
        ahead = np.arange(1000) / 20000

        assert (ahead < choose_margin(ahead, np.ones(1000, dtype=bool))).mean() == pytest.approx(UNCERTAIN)

    def test_photos_that_are_equally_close_stand_together(self) -> None:
        threshold = choose_margin(np.full(1000, 0.25), np.zeros(1000, dtype=bool))

        assert not (np.full(1000, 0.25) < threshold).any()


class TestChoice:
    def test_without_unknown_photos_it_is_the_first(self) -> None:
        assert choose_abstention(known(500), known(1000, seed=3), 0.8).score == KLToUniform()

    def test_a_score_that_turns_away_more_is_taken(self) -> None:
        far_but_sure = {"others": unknown(200, logit=7, away=30)}

        chosen = choose_abstention(known(500), known(1000, seed=3), 0.8, far_but_sure)

        assert chosen.score.name == "energy_and_mahalanobis"
        assert turned_away(chosen, far_but_sure["others"], 0.8).mean() > 0.9
        first = with_thresholds(SCORES[0], known(1000, seed=3), 0.8)
        assert turned_away(first, far_but_sure["others"], 0.8).mean() < 0.1

    def test_between_equals_it_is_the_first(self) -> None:
        easy = {"others": unknown(100, logit=0, away=30)}

        assert choose_abstention(known(500), known(1000, seed=3), 0.8, easy).score.name == "divergence"

    def test_one_photo_of_a_few_decides_nothing(self) -> None:
        easy, hard = unknown(17, logit=0, away=30), unknown(1, logit=8, away=30)
        logits = np.concatenate([easy.logits, hard.logits])
        embeddings = np.concatenate([easy.embeddings, hard.embeddings])
        mixed = {"others": type(easy)(logits, embeddings, 1.0)}
        [mahalanobis] = (score for score in SCORES if isinstance(score, Mahalanobis))
        first, distance = (
            with_thresholds(score, known(1000, seed=3), 0.8) for score in (SCORES[0], mahalanobis)
        )

        assert turned_away(first, mixed["others"], 0.8).sum() == 17
        assert turned_away(distance, mixed["others"], 0.8).sum() == 18
        assert choose_abstention(known(500), known(1000, seed=3), 0.8, mixed).score.name == "divergence"

    def test_every_set_counts_alike_however_large(self) -> None:
        sets = {"many": unknown(500, logit=0, away=0), "few": unknown(50, logit=7, away=30)}

        chosen = choose_abstention(known(500), known(1000, seed=3), 0.8, sets)

        assert turned_away(chosen, sets["many"], 0.8).mean() > 0.9
        assert turned_away(chosen, sets["few"], 0.8).mean() > 0.9
