"""Fitting of the out-of-distribution scores to clusters with known parameters."""

import numpy as np
import pytest

from tests.unit.training.ood.random_outputs import CENTRES, CLASSES, WIDTH, known, unknown
from training.batch_inference import Inferences, LabeledOutputs
from training.ood.score_fitting import fit_mahalanobis, fit_scores, fit_vim
from training.ood.scores import Energy, EnergyAndMahalanobis, Mahalanobis, Vim


def test_every_score_is_fitted_once_divergence_first() -> None:
    names = [score.name for score in fit_scores(known(200), temperature=0.7)]

    assert names == [
        "divergence",
        "energy",
        "energy_and_mahalanobis",
        "vim",
        "mahalanobis",
        "maximum_softmax",
    ]


def test_energy_has_the_temperature_of_the_confidences() -> None:
    assert Energy(temperature=0.7) in fit_scores(known(200), temperature=0.7)


def test_means_and_covariance_are_estimated() -> None:
    fitted = fit_mahalanobis(known(4000))

    assert np.abs(fitted.means - CENTRES).max() < 0.15
    whitening = fitted.whitening
    assert np.abs(whitening @ whitening.T - np.eye(WIDTH)).max() < 0.15


def test_a_stretched_cluster_is_whitened() -> None:
    train = known(4000)
    stretch = np.array([3, 1, 1, 1, 1, 1, 1, 0.5], np.float32)
    wide = LabeledOutputs(
        Inferences(train.outputs.logits, train.outputs.embeddings * stretch, 1.0), train.labels
    )

    round_, stretched = fit_mahalanobis(train), fit_mahalanobis(wide)

    before = round_.of(train.outputs.logits, train.outputs.embeddings)
    after = stretched.of(wide.outputs.logits, wide.outputs.embeddings)
    assert after == pytest.approx(before, rel=0.05)


def test_the_order_of_the_photos_makes_no_difference() -> None:
    train = known(300)
    order = np.random.default_rng(2).permutation(300)
    mixed = LabeledOutputs(
        Inferences(train.outputs.logits[order], train.outputs.embeddings[order], 1.0), train.labels[order]
    )
    others = unknown(50, logit=3, away=2)
    for one, other in zip(fit_scores(train, 1), fit_scores(mixed, 1), strict=True):
        scores = [score.of(others.logits, others.embeddings) for score in (one, other)]
        assert scores[0] == pytest.approx(scores[1], rel=1e-3)


def test_vim_brings_residuals_to_the_scale_of_logits() -> None:
    train = known(1000)
    vim = fit_vim(train)

    residual = vim.residual(train.outputs.embeddings).mean()
    assert vim.axes == WIDTH // 2
    assert vim.alpha * residual == pytest.approx(train.outputs.logits.max(axis=1).mean(), rel=1e-3)


def test_the_sum_of_two_scores_uses_their_z_scores() -> None:
    train = known(1000)
    [both] = (score for score in fit_scores(train, 1) if isinstance(score, EnergyAndMahalanobis))

    for part, spread in ((both.energy, both.energy_spread), (both.mahalanobis, both.mahalanobis_spread)):
        standard = spread.standardised(part.of(train.outputs.logits, train.outputs.embeddings))
        assert standard.mean() == pytest.approx(0, abs=1e-3)
        assert standard.std() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("photos", [2, 5])
def test_a_handful_of_equal_photos_gives_finite_scores(photos: int) -> None:
    same = Inferences(np.ones((photos, CLASSES), np.float32), np.zeros((photos, WIDTH), np.float32), 1.0)

    for score in fit_scores(LabeledOutputs(same, np.arange(photos) % CLASSES), 1):
        assert np.isfinite(score.of(same.logits, same.embeddings)).all()


def test_a_class_without_photos_has_no_mean() -> None:
    train = known(400)
    seen = train.labels != 2
    some = LabeledOutputs(
        Inferences(train.outputs.logits[seen], train.outputs.embeddings[seen], 1.0), train.labels[seen]
    )

    fitted = fit_mahalanobis(some)

    assert isinstance(fitted, Mahalanobis)
    assert len(fitted.means) == CLASSES - 1
    near, far = (fitted.of(np.zeros(CLASSES), CENTRES[label]) for label in (0, 2))
    assert near > far


def test_axes_without_variance_do_no_harm() -> None:
    train = known(400)
    train.outputs.embeddings[:, WIDTH // 2 :] = 0

    assert isinstance(vim := fit_vim(train), Vim)
    assert vim.alpha == 0
    assert np.isfinite(fit_mahalanobis(train).of(train.outputs.logits, train.outputs.embeddings)).all()
