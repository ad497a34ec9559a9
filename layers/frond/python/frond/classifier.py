"""The model at work: from a picture to what it may be.

The only module that loads LiteRT. `training evaluate` judges the exported file through it, so what is
measured is what serves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from frond.manifest import MODEL_NAME, Manifest, SpeciesLabel, read_manifest
from frond.multi_image import fused_logits, fused_score
from frond.ood_scores import softmax
from frond.problems import InvalidModel
from frond.tta import MIRRORS

Verdict = Literal["identified", "uncertain", "not_recognised"]


@dataclass(frozen=True, slots=True)
class Inference:
    """What the network says of one picture.

    ``logits float32[K]``, ``embedding float32[E]`` and, of a model that gives it, ``evidence
    float32[R, C, K]``: the logits by position, whose mean over rows and columns is ``logits``. Of a second
    look all are means, and ``looks`` is how many pictures they are of.
    """

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    evidence: NDArray[np.float32] | None = None
    looks: int = 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """A species and the calibrated probability (0 to 1) that the photo shows it."""

    species: SpeciesLabel
    confidence: float


@dataclass(frozen=True, slots=True)
class ClassifierOutput:
    """An answer on one plant: the verdict, and every species, the likeliest first."""

    verdict: Verdict
    candidates: list[Candidate]


class Classifier:
    """A verified model, ready to classify; one a process, one call at a time.

    Parameters
    ----------
    model
        The TFLite file, or its bytes. A file is mapped, not held in memory once more, so it must stay as it
        is.
    manifest
        Its manifest; the bytes are checked against it.
    threads
        How many threads one inference uses.

    Raises
    ------
    frond.problems.InvalidModel
        The file cannot be read, its bytes are not those of the manifest, or the network is not of the shape
        that the manifest tells.
    """

    def __init__(self, model: bytes | Path, manifest: Manifest, threads: int = 1) -> None:
        # What was read only to be verified is free again when LiteRT packs the weights, into the same memory.
        manifest.verify(_content(model))
        self.manifest = manifest
        self._interpreter = _interpreter(model, threads)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = {str(o["name"]): o for o in self._interpreter.get_output_details()}
        self._check_shapes()

    @classmethod
    def load(cls, directory: Path, threads: int = 1) -> Self:
        """Load the model of a folder that holds ``model.tflite`` and ``manifest.json``."""
        return cls(directory / MODEL_NAME, read_manifest(directory), threads)

    def infer(self, pixels: NDArray[np.uint8]) -> Inference:
        """Run the network; once more on each mirror image where the manifest wants a second look.

        Parameters
        ----------
        pixels
            ``uint8[size, size, 3]`` from :func:`frond.preprocessing.read_photo`.
        """
        first = self._look(pixels)
        tta = self.manifest.tta
        if tta is None or not tta.wanted(first.logits):
            return first
        return _mean([first, *(self._look_mirrored(pixels, axes) for axes in MIRRORS)])

    def classify(self, pixels: NDArray[np.uint8]) -> ClassifierOutput:
        """Say what a picture shows; see :meth:`infer` for the parameter."""
        return self.judge(self.infer(pixels))

    def judge(self, photo: Inference, *more: Inference) -> ClassifierOutput:
        """Turn what the network says into a verdict and calibrated candidates.

        Parameters
        ----------
        photo, more
            Of one plant, in any order; :mod:`frond.multi_image` makes one answer of them.
        """
        photos = (photo, *more)
        confidences = softmax(fused_logits(np.stack([p.logits for p in photos])) / self.manifest.temperature)
        order = np.argsort(-confidences, kind="stable")
        candidates = [Candidate(self.manifest.labels[i], float(confidences[i])) for i in order]
        return ClassifierOutput(self._verdict(photos, confidences), candidates)

    def _verdict(self, photos: Sequence[Inference], confidences: NDArray[np.float64]) -> Verdict:
        abstention = self.manifest.abstention
        scores = np.array([abstention.score.of(photo.logits, photo.embedding) for photo in photos])
        if fused_score(scores) < abstention.not_recognised_below:
            return "not_recognised"
        return "uncertain" if abstention.is_ambiguous(confidences) else "identified"

    def _look(self, pixels: NDArray[np.uint8]) -> Inference:
        self._interpreter.set_tensor(self._input["index"], pixels[np.newaxis])
        self._interpreter.invoke()
        evidence = self._read("evidence") if "evidence" in self._outputs else None
        return Inference(self._read("logits"), self._read("embedding"), evidence)

    def _look_mirrored(self, pixels: NDArray[np.uint8], axes: tuple[int, ...]) -> Inference:
        said = self._look(np.ascontiguousarray(np.flip(pixels, axes)))
        # Turned back, so that a position is the same place of the photo in every look.
        evidence = None if said.evidence is None else np.flip(said.evidence, axes)
        return Inference(said.logits, said.embedding, evidence)

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
            raise InvalidModel(f"The model has {found} where its manifest tells {expected}.")
        if any(output["quantization"][0] == 0 for output in self._outputs.values()):
            raise InvalidModel("The model's outputs are not quantized.")
        evidence = shapes.get("evidence", (1, 1, 1, classes))
        if len(evidence) != 4 or (evidence[0], evidence[-1]) != (1, classes):
            raise InvalidModel(
                f"The model's evidence is {evidence}, not rows and columns of {classes} classes."
            )
        score, width = self.manifest.abstention.score, shapes["embedding"][-1]
        if score.width not in (None, width):
            raise InvalidModel(
                f"The manifest's {score.name} score is for an embedding of {score.width} numbers; "
                f"the model's has {width}."
            )


def _mean(looks: Sequence[Inference]) -> Inference:
    evidence = [look.evidence for look in looks if look.evidence is not None]
    return Inference(
        np.mean([look.logits for look in looks], axis=0),
        np.mean([look.embedding for look in looks], axis=0),
        np.mean(evidence, axis=0) if evidence else None,
        len(looks),
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
        raise InvalidModel(f"LiteRT does not take the model: {error}") from error
    return interpreter
