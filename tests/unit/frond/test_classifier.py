"""From logits to an answer, and from files to a model that may be trusted."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from frond.classifier import Classifier, Inference, Verdict
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Abstention
from frond.ood_scores import Energy, Mahalanobis, Score
from frond.problems import InvalidModel
from frond.tta import TTASettings, gap
from tests.support.tiny_model import SCALE, float_model, manifest_of, tiny_model


@pytest.fixture(scope="module")
def model() -> bytes:
    return tiny_model()


@pytest.fixture(scope="module")
def classifier(model: bytes) -> Classifier:
    return Classifier(model, manifest_of(model))


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (16, 16, 3)).astype(np.uint8)


class TestInference:
    def test_outputs_are_real_numbers_of_the_network_s_scale(
        self, classifier: Classifier, picture: NDArray[np.uint8]
    ) -> None:
        inference = classifier.infer(picture)
        assert inference.logits.shape == (3,)
        assert inference.embedding.shape == (4,)
        for output in (inference.logits, inference.embedding):
            assert output.dtype == np.float32
            assert output.any()
            assert (output / SCALE == (output / SCALE).round()).all()

    def test_another_picture_leaves_an_earlier_answer_alone(
        self, classifier: Classifier, picture: NDArray[np.uint8]
    ) -> None:
        first = classifier.infer(picture)
        kept = first.logits.copy()
        second = classifier.infer(255 - picture)
        assert (first.logits == kept).all()
        assert (second.logits != kept).any()

    def test_evidence_is_real_numbers_too_where_there_is_any(self, picture: NDArray[np.uint8]) -> None:
        steps = np.arange(-12, 12, dtype=np.int8).reshape(1, 2, 4, 3)
        model = tiny_model(evidence=steps)
        evidence = Classifier(model, manifest_of(model)).infer(picture).evidence
        assert evidence is not None
        assert evidence.dtype == np.float32
        assert (evidence == (steps[0].astype(float) - 3) * SCALE).all()

    def test_a_model_without_evidence_serves(
        self, classifier: Classifier, picture: NDArray[np.uint8]
    ) -> None:
        assert classifier.infer(picture).evidence is None

    @pytest.mark.parametrize("threads", [1, 2])
    def test_the_same_picture_gives_the_same_answer(
        self, model: bytes, classifier: Classifier, picture: NDArray[np.uint8], threads: int
    ) -> None:
        again = Classifier(model, manifest_of(model), threads).classify(picture)
        assert again == classifier.classify(picture)


class TestSecondLook:
    """The mirror images of a photo in doubt."""

    def looking_again(self, model: bytes, gap_below: float) -> Classifier:
        manifest = manifest_of(model).model_copy(update={"tta": TTASettings(gap_below=gap_below)})
        return Classifier(model, manifest)

    def test_a_photo_in_doubt_has_the_mean_of_its_four_mirror_images(
        self, model: bytes, classifier: Classifier, picture: NDArray[np.uint8]
    ) -> None:
        mirrored = (picture, picture[::-1], picture[:, ::-1], picture[::-1, ::-1])
        looks = [classifier.infer(np.ascontiguousarray(each)) for each in mirrored]

        inference = self.looking_again(model, float(gap(looks[0].logits)) + 0.1).infer(picture)

        assert inference.looks == 4
        assert len({tuple(look.logits) for look in looks}) == 4
        assert inference.logits == pytest.approx(np.mean([look.logits for look in looks], axis=0))
        assert inference.embedding == pytest.approx(np.mean([look.embedding for look in looks], axis=0))
        assert inference.logits.dtype == inference.embedding.dtype == np.float32

    def test_a_mirror_image_in_doubt_has_the_same_answer(
        self, model: bytes, picture: NDArray[np.uint8]
    ) -> None:
        twice = self.looking_again(model, 1000)
        assert twice.infer(np.ascontiguousarray(picture[:, ::-1])).logits == pytest.approx(
            twice.infer(picture).logits
        )

    def test_a_photo_that_is_clear_has_one_look(
        self, model: bytes, classifier: Classifier, picture: NDArray[np.uint8]
    ) -> None:
        once = classifier.infer(picture)

        inference = self.looking_again(model, float(gap(once.logits))).infer(picture)

        assert inference.looks == once.looks == 1
        assert (inference.logits == once.logits).all()

    def test_the_evidence_of_every_look_is_turned_back(self, picture: NDArray[np.uint8]) -> None:
        steps = np.arange(-12, 12, dtype=np.int8).reshape(1, 2, 4, 3)
        model = tiny_model(evidence=steps)
        once = Classifier(model, manifest_of(model)).infer(picture).evidence
        twice = self.looking_again(model, 1000).infer(picture).evidence

        # This network sees the same at each place of every picture; so the mean is the same turned about.
        assert once is not None
        assert twice is not None
        assert twice.dtype == np.float32
        assert twice == pytest.approx((once + once[::-1] + once[:, ::-1] + once[::-1, ::-1]) / 4)

    def test_a_network_without_evidence_has_none(self, model: bytes, picture: NDArray[np.uint8]) -> None:
        assert self.looking_again(model, 1000).infer(picture).evidence is None


class TestJudgement:
    """Verdict and confidence from logits, by the manifest's temperature and thresholds."""

    def judge(
        self,
        model: bytes,
        logits: list[float],
        abstention: Abstention,
        temperature: float = 1.0,
        embedding: tuple[float, ...] = (0, 0, 0, 0),
    ) -> tuple[Verdict, list[str], list[float]]:
        manifest = manifest_of(model, temperature=temperature).model_copy(update={"abstention": abstention})
        said = Inference(np.array(logits, np.float32), np.array(embedding, np.float32))
        answer = Classifier(model, manifest).judge(said)
        slugs = [candidate.species.slug for candidate in answer.candidates]
        return answer.verdict, slugs, [candidate.confidence for candidate in answer.candidates]

    def thresholds(self, score: float = -1000, margin: float = 0.1, by: Score | None = None) -> Abstention:
        return Abstention(
            score=by or Energy(), not_recognised_below=score, min_margin=margin, acceptance=0.95
        )

    def test_candidates_come_likeliest_first_and_add_up_to_one(self, model: bytes) -> None:
        _, slugs, confidences = self.judge(model, [1, 3, 2], self.thresholds())
        assert slugs == ["plant-1", "plant-2", "plant-0"]
        assert confidences == pytest.approx([0.6652, 0.2447, 0.0900], abs=1e-4)

    def test_equals_keep_the_manifest_s_order(self, model: bytes) -> None:
        assert self.judge(model, [2, 2, 2], self.thresholds())[1] == ["plant-0", "plant-1", "plant-2"]

    def test_temperature_softens_confidence_and_changes_no_order(self, model: bytes) -> None:
        cold, warm = (self.judge(model, [1, 3, 2], self.thresholds(), t) for t in (1.0, 2.0))
        assert warm[1] == cold[1]
        assert warm[2] == pytest.approx([0.5065, 0.3072, 0.1863], abs=1e-4)

    @pytest.mark.parametrize(("threshold", "verdict"), [(0.42, "identified"), (0.43, "uncertain")])
    def test_two_species_too_close_are_uncertain(self, model: bytes, threshold: float, verdict: str) -> None:
        # 0.6652 − 0.2447 = 0.4205
        assert self.judge(model, [1, 3, 2], self.thresholds(margin=threshold))[0] == verdict

    @pytest.mark.parametrize(("temperature", "verdict"), [(1.0, "identified"), (2.0, "uncertain")])
    def test_how_close_is_told_by_calibrated_confidences(
        self, model: bytes, temperature: float, verdict: str
    ) -> None:
        assert self.judge(model, [1, 3, 2], self.thresholds(margin=0.3), temperature)[0] == verdict

    def test_a_low_confidence_far_ahead_of_all_others_is_identified(self, model: bytes) -> None:
        verdict, _, confidences = self.judge(model, [0.3, 0, 0], self.thresholds(margin=0.1))
        assert confidences[0] < 0.5
        assert verdict == "identified"

    @pytest.mark.parametrize(("threshold", "verdict"), [(3.40, "identified"), (3.41, "not_recognised")])
    def test_a_low_score_is_not_recognised(self, model: bytes, threshold: float, verdict: str) -> None:
        # ln(e + e² + e³) = 3.4076
        assert self.judge(model, [1, 3, 2], self.thresholds(score=threshold))[0] == verdict

    def test_not_recognised_comes_before_uncertain(self, model: bytes) -> None:
        assert self.judge(model, [1, 1, 1], self.thresholds(score=9, margin=1))[0] == "not_recognised"

    @pytest.mark.parametrize(("away", "verdict"), [(1.9, "identified"), (2.1, "not_recognised")])
    def test_a_score_may_look_at_the_embedding(self, model: bytes, away: float, verdict: str) -> None:
        near = Mahalanobis(means=[[0, 0, 0, 1]], whitening=np.eye(4).tolist())
        thresholds = self.thresholds(score=-2, by=near)
        assert self.judge(model, [1, 3, 2], thresholds, embedding=(away, 0, 0, 1))[0] == verdict


class TestTrust:
    """A model that is not what its manifest says does not serve."""

    @pytest.fixture
    def folder(self, tmp_path: Path, model: bytes) -> Path:
        (tmp_path / MODEL_NAME).write_bytes(model)
        (tmp_path / MANIFEST_NAME).write_text(manifest_of(model).model_dump_json(), encoding="utf-8")
        return tmp_path

    def test_a_folder_with_both_files_is_loaded(self, folder: Path, picture: NDArray[np.uint8]) -> None:
        loaded = Classifier.load(folder)
        assert len(loaded.classify(picture).candidates) == len(loaded.manifest.labels)

    def test_one_changed_bit_is_refused(self, folder: Path) -> None:
        path = folder / MODEL_NAME
        damaged = bytearray(path.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(InvalidModel, match="does not match"):
            Classifier.load(folder)

    @pytest.mark.parametrize("missing", [MODEL_NAME, MANIFEST_NAME])
    def test_a_missing_file_is_named(self, folder: Path, missing: str) -> None:
        (folder / missing).unlink()
        with pytest.raises(InvalidModel, match=missing):
            Classifier.load(folder)

    @pytest.mark.parametrize("model", [b"no network at all", b"\0\0\0\0TFL3" + bytes(100)])
    def test_bytes_that_are_no_network_are_refused(self, model: bytes) -> None:
        with pytest.raises(InvalidModel):
            Classifier(model, manifest_of(model))

    @pytest.mark.parametrize(("size", "classes"), [(32, 3), (16, 4), (16, 2)])
    def test_a_network_of_another_shape_is_refused(self, model: bytes, size: int, classes: int) -> None:
        with pytest.raises(InvalidModel, match="where its manifest tells"):
            Classifier(model, manifest_of(model, size, classes))

    @pytest.mark.parametrize("names", [("logits", "features"), ("scores", "embedding")])
    def test_a_network_with_other_outputs_is_refused(self, names: tuple[str, str]) -> None:
        model = tiny_model(names=names)
        with pytest.raises(InvalidModel, match="where its manifest tells"):
            Classifier(model, manifest_of(model))

    @pytest.mark.parametrize("shape", [(1, 2, 2, 4), (1, 2, 6)])
    def test_evidence_of_another_shape_is_refused(self, shape: tuple[int, ...]) -> None:
        model = tiny_model(evidence=np.zeros(shape, np.int8))
        with pytest.raises(InvalidModel, match="evidence"):
            Classifier(model, manifest_of(model))

    def test_a_score_for_another_embedding_is_refused(self, model: bytes) -> None:
        score = Mahalanobis(means=[[0, 0]], whitening=np.eye(2).tolist())
        manifest = manifest_of(model)
        abstention = manifest.abstention.model_copy(update={"score": score})
        with pytest.raises(InvalidModel, match="mahalanobis score is for an embedding of 2"):
            Classifier(model, manifest.model_copy(update={"abstention": abstention}))

    def test_a_network_that_was_not_quantized_is_refused(self) -> None:
        model = float_model()
        with pytest.raises(InvalidModel, match="not quantized"):
            Classifier(model, manifest_of(model))
