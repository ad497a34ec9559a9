"""Inference, classification and verification of a model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from frond.classifier import Classifier, Inference, Verdict
from frond.image_quality import Issue, QualityBounds
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Abstention
from frond.ood_scores import KLToUniform
from frond.problems import InvalidModel
from frond.tta import TTASettings, logit_gap
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
        before = first.logits.copy()
        second = classifier.infer(255 - picture)
        assert (first.logits == before).all()
        assert (second.logits != before).any()

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


class TestTestTimeAugmentation:
    """The mirrored views of a close call."""

    def augmenting(self, model: bytes, gap_below: float) -> Classifier:
        manifest = manifest_of(model).model_copy(update={"tta": TTASettings(gap_below=gap_below)})
        return Classifier(model, manifest)

    def test_a_close_call_has_the_mean_of_four_views(
        self, model: bytes, classifier: Classifier, picture: NDArray[np.uint8]
    ) -> None:
        mirrored = (picture, picture[::-1], picture[:, ::-1], picture[::-1, ::-1])
        views = [classifier.infer(np.ascontiguousarray(each)) for each in mirrored]

        inference = self.augmenting(model, float(logit_gap(views[0].logits)) + 0.1).infer(picture)

        assert inference.views == 4
        assert len({tuple(look.logits) for look in views}) == 4
        assert inference.logits == pytest.approx(np.mean([look.logits for look in views], axis=0))
        assert inference.embedding == pytest.approx(np.mean([look.embedding for look in views], axis=0))
        assert inference.logits.dtype == inference.embedding.dtype == np.float32

    def test_a_mirrored_close_call_has_the_same_answer(
        self, model: bytes, picture: NDArray[np.uint8]
    ) -> None:
        twice = self.augmenting(model, 1000)
        assert twice.infer(np.ascontiguousarray(picture[:, ::-1])).logits == pytest.approx(
            twice.infer(picture).logits
        )

    def test_a_clear_photo_has_one_view(
        self, model: bytes, classifier: Classifier, picture: NDArray[np.uint8]
    ) -> None:
        once = classifier.infer(picture)

        inference = self.augmenting(model, float(logit_gap(once.logits))).infer(picture)

        assert inference.views == once.views == 1
        assert (inference.logits == once.logits).all()

    def test_the_evidence_of_every_view_is_flipped_back(self, picture: NDArray[np.uint8]) -> None:
        steps = np.arange(-12, 12, dtype=np.int8).reshape(1, 2, 4, 3)
        model = tiny_model(evidence=steps)
        once = Classifier(model, manifest_of(model)).infer(picture).evidence
        twice = self.augmenting(model, 1000).infer(picture).evidence

        # This network has the same evidence for every picture, so the mean is that of its flipped copies.
        assert once is not None
        assert twice is not None
        assert twice.dtype == np.float32
        assert twice == pytest.approx((once + once[::-1] + once[:, ::-1] + once[::-1, ::-1]) / 4)

    def test_a_network_without_evidence_has_none(self, model: bytes, picture: NDArray[np.uint8]) -> None:
        assert self.augmenting(model, 1000).infer(picture).evidence is None


class TestPrediction:
    """Verdict and confidence from logits, with the manifest's temperature and thresholds."""

    def predict(
        self,
        model: bytes,
        logits: list[float],
        abstention: Abstention,
        temperature: float = 1.0,
    ) -> tuple[Verdict, list[str], list[float]]:
        manifest = manifest_of(model, temperature=temperature).model_copy(update={"abstention": abstention})
        inference = Inference(np.array(logits, np.float32), np.zeros(4, np.float32))
        answer = Classifier(model, manifest).predict(inference)
        slugs = [candidate.species.slug for candidate in answer.candidates]
        return answer.verdict, slugs, [candidate.confidence for candidate in answer.candidates]

    def thresholds(self, score: float = -1000, margin: float = 0.1) -> Abstention:
        return Abstention(score=KLToUniform(), not_recognised_below=score, min_margin=margin, acceptance=0.95)

    def test_candidates_are_sorted_by_confidence_and_sum_to_one(self, model: bytes) -> None:
        _, slugs, confidences = self.predict(model, [1, 3, 2], self.thresholds())
        assert slugs == ["plant-1", "plant-2", "plant-0"]
        assert confidences == pytest.approx([0.6652, 0.2447, 0.0900], abs=1e-4)

    def test_equals_keep_the_manifest_s_order(self, model: bytes) -> None:
        assert self.predict(model, [2, 2, 2], self.thresholds())[1] == ["plant-0", "plant-1", "plant-2"]

    def test_temperature_softens_confidence_and_changes_no_order(self, model: bytes) -> None:
        cold, warm = (self.predict(model, [1, 3, 2], self.thresholds(), t) for t in (1.0, 2.0))
        assert warm[1] == cold[1]
        assert warm[2] == pytest.approx([0.5065, 0.3072, 0.1863], abs=1e-4)

    @pytest.mark.parametrize(("threshold", "verdict"), [(0.42, "identified"), (0.43, "uncertain")])
    def test_two_species_too_close_are_uncertain(self, model: bytes, threshold: float, verdict: str) -> None:
        # 0.6652 − 0.2447 = 0.4205
        assert self.predict(model, [1, 3, 2], self.thresholds(margin=threshold))[0] == verdict

    @pytest.mark.parametrize(("temperature", "verdict"), [(1.0, "identified"), (2.0, "uncertain")])
    def test_the_margin_is_that_of_calibrated_confidences(
        self, model: bytes, temperature: float, verdict: str
    ) -> None:
        assert self.predict(model, [1, 3, 2], self.thresholds(margin=0.3), temperature)[0] == verdict

    def test_a_low_confidence_far_ahead_of_all_others_is_identified(self, model: bytes) -> None:
        verdict, _, confidences = self.predict(model, [0.3, 0, 0], self.thresholds(margin=0.1))
        assert confidences[0] < 0.5
        assert verdict == "identified"

    @pytest.mark.parametrize(("threshold", "verdict"), [(0.308, "identified"), (0.310, "not_recognised")])
    def test_a_low_score_is_not_recognised(self, model: bytes, threshold: float, verdict: str) -> None:
        # ln(e + e² + e³) - 2 - ln 3 = 0.3090
        assert self.predict(model, [1, 3, 2], self.thresholds(score=threshold))[0] == verdict

    def test_not_recognised_comes_before_uncertain(self, model: bytes) -> None:
        assert self.predict(model, [1, 1, 1], self.thresholds(score=9, margin=1))[0] == "not_recognised"


class TestQuality:
    """Photos that are too blurred or too dark, of a model with bounds for them."""

    CLEAR = Inference(np.array([0, 9, 0], np.float32), np.zeros(4, np.float32))
    BLURRED = Inference(np.array([9, 0, 0], np.float32), np.zeros(4, np.float32), issues=("blurred",))

    @pytest.fixture
    def strict(self, model: bytes) -> Classifier:
        return Classifier(model, manifest_of(model).model_copy(update={"quality": QualityBounds()}))

    @pytest.mark.parametrize("issue", ["blurred", "too_dark"])
    def test_a_photo_with_one_is_not_identified(self, strict: Classifier, issue: Issue) -> None:
        output = strict.predict(replace(self.BLURRED, issues=(issue,)))
        assert (output.verdict, output.taxon) == ("uncertain", None)
        assert output.candidates[0].species.slug == "plant-0"

    def test_other_issues_do_not_reach_the_verdict(self, strict: Classifier) -> None:
        assert (
            strict.predict(replace(self.BLURRED, issues=("no_green", "too_bright"))).verdict == "identified"
        )

    def test_a_model_without_bounds_of_its_own_identifies_all(self, classifier: Classifier) -> None:
        assert classifier.predict(self.BLURRED).verdict == "identified"

    def test_a_blurred_photo_beside_a_clear_one_does_not_count(self, strict: Classifier) -> None:
        together = strict.predict(self.BLURRED, self.CLEAR)
        assert together == strict.predict(self.CLEAR)
        assert together.verdict == "identified"

    def test_blurred_photos_alone_are_not_identified_together(self, strict: Classifier) -> None:
        assert strict.predict(self.BLURRED, self.BLURRED).verdict == "uncertain"

    def test_the_bounds_of_the_manifest_are_used(self, model: bytes, picture: NDArray[np.uint8]) -> None:
        everything = QualityBounds(min_sharpness=1e6, soft_sharpness=1e6, min_brightness=0)
        manifest = manifest_of(model).model_copy(update={"quality": everything})
        assert Classifier(model, manifest).infer(picture).issues[0] == "blurred"
        assert "blurred" not in Classifier(model, manifest_of(model)).infer(picture).issues


class TestVerification:
    """A model that does not match its manifest is refused."""

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
        with pytest.raises(InvalidModel, match="its manifest requires"):
            Classifier(model, manifest_of(model, size, classes))

    @pytest.mark.parametrize("names", [("logits", "features"), ("scores", "embedding")])
    def test_a_network_with_other_outputs_is_refused(self, names: tuple[str, str]) -> None:
        model = tiny_model(names=names)
        with pytest.raises(InvalidModel, match="its manifest requires"):
            Classifier(model, manifest_of(model))

    @pytest.mark.parametrize("shape", [(1, 2, 2, 4), (1, 2, 6)])
    def test_evidence_of_another_shape_is_refused(self, shape: tuple[int, ...]) -> None:
        model = tiny_model(evidence=np.zeros(shape, np.int8))
        with pytest.raises(InvalidModel, match="evidence"):
            Classifier(model, manifest_of(model))

    def test_a_network_that_was_not_quantized_is_refused(self) -> None:
        model = float_model()
        with pytest.raises(InvalidModel, match="not quantized"):
            Classifier(model, manifest_of(model))
