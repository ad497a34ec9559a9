"""From logits to an answer, and from files to a model that may be trusted."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from frond.classifier import Classifier, Verdict, energy, softmax
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Abstention
from frond.problems import InvalidModel
from tests.tiny_model import SCALE, float_model, manifest_of, tiny_model


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

    @pytest.mark.parametrize("threads", [1, 2])
    def test_the_same_picture_gives_the_same_answer(
        self, model: bytes, classifier: Classifier, picture: NDArray[np.uint8], threads: int
    ) -> None:
        again = Classifier(model, manifest_of(model), threads).classify(picture)
        assert again == classifier.classify(picture)


class TestJudgement:
    """Verdict and confidence from logits, by the manifest's temperature and thresholds."""

    def judge(
        self, model: bytes, logits: list[float], abstention: Abstention, temperature: float = 1.0
    ) -> tuple[Verdict, list[str], list[float]]:
        manifest = manifest_of(model, temperature=temperature).model_copy(update={"abstention": abstention})
        answer = Classifier(model, manifest).judge(np.array(logits, np.float32))
        slugs = [candidate.species.slug for candidate in answer.candidates]
        return answer.verdict, slugs, [candidate.confidence for candidate in answer.candidates]

    def thresholds(self, energy: float = -1000, confidence: float = 0.5) -> Abstention:
        return Abstention(not_recognised_below=energy, uncertain_below=confidence, acceptance=0.95)

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

    @pytest.mark.parametrize(
        ("threshold", "verdict"), [(0.66, "identified"), (0.67, "uncertain"), (1.0, "uncertain")]
    )
    def test_low_confidence_is_uncertain(self, model: bytes, threshold: float, verdict: str) -> None:
        assert self.judge(model, [1, 3, 2], self.thresholds(confidence=threshold))[0] == verdict

    @pytest.mark.parametrize(("threshold", "verdict"), [(3.40, "identified"), (3.41, "not_recognised")])
    def test_low_energy_is_not_recognised(self, model: bytes, threshold: float, verdict: str) -> None:
        # ln(e + e² + e³) = 3.4076
        assert self.judge(model, [1, 3, 2], self.thresholds(energy=threshold))[0] == verdict

    def test_not_recognised_comes_before_uncertain(self, model: bytes) -> None:
        assert self.judge(model, [1, 1, 1], self.thresholds(energy=9, confidence=1))[0] == "not_recognised"

    def test_energy_is_taken_at_the_temperature(self, model: bytes) -> None:
        # 2 ln(e^0.5 + e + e^1.5) = 4.3602
        below, above = (self.judge(model, [1, 3, 2], self.thresholds(energy=t), 2.0)[0] for t in (4.36, 4.37))
        assert (below, above) == ("identified", "not_recognised")


@pytest.mark.parametrize("offset", [-1e5, -100, 0, 100, 1e5])
def test_softmax_and_energy_hold_for_any_finite_logits(offset: float) -> None:
    logits = np.array([0, 1, 2], np.float32)
    shifted = (logits + np.float32(offset)).astype(np.float32)
    assert softmax(shifted) == pytest.approx([0.0900, 0.2447, 0.6652], abs=1e-2)
    assert float(energy(shifted, 1.0)) == pytest.approx(2.4076 + offset, abs=2e-2)


def test_softmax_and_energy_of_extremes() -> None:
    extremes = np.array([3e38, -3e38, 0], np.float32)
    assert softmax(extremes).tolist() == [1, 0, 0]
    assert float(energy(extremes, 0.05)) == pytest.approx(3e38, rel=1e-6)


def test_softmax_and_energy_of_many_at_once() -> None:
    rows = np.random.default_rng(3).normal(0, 5, (7, 12)).astype(np.float32)
    assert softmax(rows).sum(axis=1) == pytest.approx(np.ones(7))
    for row, together in zip(rows, energy(rows, 1.7), strict=True):
        assert float(energy(row, 1.7)) == pytest.approx(float(together))


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

    def test_a_network_that_was_not_quantized_is_refused(self) -> None:
        model = float_model()
        with pytest.raises(InvalidModel, match="not quantized"):
            Classifier(model, manifest_of(model))
