"""Classification of a preprocessed picture with the TFLite model.

No other module loads LiteRT. `training evaluate` measures the exported file through this one, so its metrics
are those of the serving code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from frond.image_quality import DISQUALIFYING, Issue, pixel_issues
from frond.manifest import MODEL_NAME, Manifest, SpeciesLabel, read_manifest
from frond.multi_image import photos_disagree, pool_logits, pool_scores
from frond.problems import InvalidModel
from frond.taxon import Taxon, lowest_taxon
from frond.tta import FLIP_AXES

Verdict = Literal["identified", "uncertain", "not_recognised"]


@dataclass(frozen=True, slots=True)
class Inference:
    """The network's outputs for one picture, or their means over its augmented views.

    Attributes
    ----------
    logits, embedding
        ``float32[K]`` and ``float32[E]``.
    evidence
        ``float32[R, C, K]``, the class activation map: the logits by position, whose mean over rows and
        columns is ``logits``. None for a model without that output.
    views
        How many views the outputs are averaged over: 1 without test-time augmentation.
    issues
        The quality issues of the picture.
    """

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    evidence: NDArray[np.float32] | None = None
    views: int = 1
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A species and the calibrated probability (0 to 1) that the photo shows it."""

    species: SpeciesLabel
    confidence: float


@dataclass(frozen=True, slots=True)
class ClassifierOutput:
    """The classification of one plant.

    Attributes
    ----------
    candidates
        Every species, the most confident first.
    taxon
        The lowest rank that is sure; None if none is, or if the confidences mean nothing: the plant is not
        recognised, or every photo is too blurred or too dark.
    """

    verdict: Verdict
    candidates: list[Candidate]
    taxon: Taxon | None = None


class Classifier:
    """A loaded and verified model; one a process, not thread-safe.

    Parameters
    ----------
    model
        The TFLite file, or its bytes. A file is memory-mapped, so it must not change.
    manifest
        Its manifest; the bytes are verified against it.
    threads
        How many threads one inference uses.

    Raises
    ------
    frond.problems.InvalidModel
        The file cannot be read, or its bytes or the shapes of its tensors do not match the manifest.
    """

    def __init__(self, model: bytes | Path, manifest: Manifest, threads: int = 1) -> None:
        # The bytes read for verification are freed before LiteRT packs the weights, so they add no memory.
        manifest.verify(_content(model))
        self.manifest = manifest
        self._calibrator = manifest.calibrator()
        self._interpreter = _interpreter(model, threads)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = {str(o["name"]): o for o in self._interpreter.get_output_details()}
        self._check_shapes()

    @classmethod
    def load(cls, directory: Path, threads: int = 1) -> Self:
        """Load a model from a folder with ``model.tflite`` and ``manifest.json``."""
        return cls(directory / MODEL_NAME, read_manifest(directory), threads)

    def infer(self, pixels: NDArray[np.uint8]) -> Inference:
        """Run the network; for a close call also on the mirror images, if the manifest has TTA settings.

        Parameters
        ----------
        pixels
            ``uint8[size, size, 3]`` from :func:`frond.preprocessing.read_photo`.
        """
        inference, tta = self._run(pixels), self.manifest.tta
        if tta is not None and tta.is_close_call(inference.logits):
            inference = _mean([inference, *(self._run_flipped(pixels, axes) for axes in FLIP_AXES)])
        return replace(inference, issues=tuple(pixel_issues(pixels, self.manifest.quality)))

    def classify(self, pixels: NDArray[np.uint8]) -> ClassifierOutput:
        """Classify one picture; see :meth:`infer` for the parameter."""
        return self.predict(self.infer(pixels))

    def predict(self, photo: Inference, *more: Inference) -> ClassifierOutput:
        """Return the verdict and the calibrated candidates for the network's outputs.

        A photo that is too blurred or too dark counts only if all are; then the plant is not identified.

        Parameters
        ----------
        photo, more
            Of one plant, in any order; :mod:`frond.multi_image` pools them.
        """
        photos = self._usable((photo, *more))
        logits = np.stack([p.logits for p in photos])
        confidences = self._calibrator.confidences(pool_logits(logits))
        order = np.argsort(-confidences, kind="stable")
        candidates = [Candidate(self.manifest.labels[i], float(confidences[i])) for i in order]
        verdict = self._verdict(photos, logits, confidences)
        if verdict == "not_recognised" or self._is_disqualified(photos[0]):
            return ClassifierOutput(verdict, candidates)
        taxon = lowest_taxon((each.species, each.confidence) for each in candidates)
        return ClassifierOutput(verdict, candidates, taxon)

    def _usable(self, photos: tuple[Inference, ...]) -> tuple[Inference, ...]:
        """Return the photos that the model can be right on; all of them if there is none."""
        return tuple(photo for photo in photos if not self._is_disqualified(photo)) or photos

    def _is_disqualified(self, photo: Inference) -> bool:
        return self.manifest.quality is not None and not DISQUALIFYING.isdisjoint(photo.issues)

    def _verdict(
        self, photos: Sequence[Inference], logits: NDArray[np.float32], confidences: NDArray[np.float64]
    ) -> Verdict:
        abstention, alone = self.manifest.abstention, self._calibrator.confidences(logits)
        scores = np.array([abstention.score.of(photo.logits, photo.embedding) for photo in photos])
        if pool_scores(scores) < abstention.not_recognised_below:
            return "not_recognised"
        decided = (scores >= abstention.not_recognised_below) & ~abstention.is_ambiguous(alone)
        if (
            self._is_disqualified(photos[0])
            or abstention.is_ambiguous(confidences)
            or photos_disagree(alone.argmax(axis=-1), decided, np.asarray(confidences.argmax()))
        ):
            return "uncertain"
        return "identified"

    def _run(self, pixels: NDArray[np.uint8]) -> Inference:
        self._interpreter.set_tensor(self._input["index"], pixels[np.newaxis])
        self._interpreter.invoke()
        evidence = self._read("evidence") if "evidence" in self._outputs else None
        return Inference(self._read("logits"), self._read("embedding"), evidence)

    def _run_flipped(self, pixels: NDArray[np.uint8], axes: tuple[int, ...]) -> Inference:
        flipped = self._run(np.ascontiguousarray(np.flip(pixels, axes)))
        # Flipped back, so that a position is the same place of the photo in every view.
        evidence = None if flipped.evidence is None else np.flip(flipped.evidence, axes)
        return Inference(flipped.logits, flipped.embedding, evidence)

    def _read(self, name: str) -> NDArray[np.float32]:
        output = self._outputs[name]
        scale, zero_point = output["quantization"]
        raw = self._interpreter.get_tensor(output["index"])[0]
        real: NDArray[np.float32] = (raw.astype(np.float32) - zero_point) * np.float32(scale)
        return real

    def _check_shapes(self) -> None:
        size, classes = self.manifest.input.size, len(self.manifest.labels)
        shapes = {name: tuple(output["shape"].tolist()) for name, output in self._outputs.items()}
        expected = {"input": (1, size, size, 3), "logits": (1, classes)}
        found = {"input": tuple(self._input["shape"].tolist())} | {
            name: shape for name, shape in shapes.items() if name == "logits"
        }
        if found != expected or "embedding" not in shapes or self._input["dtype"] is not np.uint8:
            raise InvalidModel(f"The model has the shapes {found}; its manifest requires {expected}.")
        if any(output["quantization"][0] == 0 for output in self._outputs.values()):
            raise InvalidModel("The model's outputs are not quantized.")
        evidence = shapes.get("evidence", (1, 1, 1, classes))
        if len(evidence) != 4 or (evidence[0], evidence[-1]) != (1, classes):
            raise InvalidModel(
                f"The model's evidence is {evidence}, not rows and columns of {classes} classes."
            )


def _mean(views: Sequence[Inference]) -> Inference:
    evidence = [view.evidence for view in views if view.evidence is not None]
    return Inference(
        np.mean([view.logits for view in views], axis=0),
        np.mean([view.embedding for view in views], axis=0),
        np.mean(evidence, axis=0) if evidence else None,
        len(views),
    )


def _content(model: bytes | Path) -> bytes:
    if isinstance(model, bytes):
        return model
    try:
        return model.read_bytes()
    except OSError as error:
        raise InvalidModel(f"There is no readable model at {model}.") from error


def _interpreter(model: bytes | Path, threads: int) -> Interpreter:
    source = {"model_content": model} if isinstance(model, bytes) else {"model_path": str(model)}
    try:
        interpreter = Interpreter(**source, num_threads=threads)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise InvalidModel(f"LiteRT cannot load the model: {error}") from error
    return interpreter
