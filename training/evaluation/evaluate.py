"""How good the exported file is, judged through the code that serves it."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from frond.classifier import Classifier, Inference
from frond.manifest import MANIFEST_NAME, Manifest, read_manifest
from frond.ood_scores import softmax
from training.artifacts.metrics import METRICS_NAME, Metrics, Scores, TakenFor, Unknown
from training.atomic_write import write_whole
from training.data.card import DataCard
from training.data.dataset import Dataset
from training.data.split import Split
from training.errors import TrainingError
from training.evaluation import metrics
from training.evaluation.calibration import expected_calibration_error
from training.evaluation.exhibits import EXHIBITS_NAME, Exhibits, show, typical_answers, worst_mistakes
from training.evaluation.fusion import measure_fusion
from training.evaluation.gallery import choose_gallery, write_gallery
from training.inference import Known, infer_all
from training.leakage import check_size, check_split
from training.ood.ood_sets import Strangers, files_below, meet
from training.report import make_papers, read_material
from training.report.inputs import DATA_NAME, REPORT_NAME

SCORE_BINS = 40
MOST_TAKEN_FOR = 10


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says of N photos.

    Attributes
    ----------
    predicted
        ``int64[N]``, the first species.
    confidences
        ``float64[N]``, of the first species, 0 to 1.
    verdicts
        ``str[N]``.
    scores
        ``float64[N]``: the higher, the more like what the model knows.
    """

    predicted: NDArray[np.int64]
    confidences: NDArray[np.float64]
    verdicts: NDArray[np.str_]
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, classifier: Classifier, logits: NDArray[np.float32], embeddings: NDArray[np.float32]) -> Self:
        """Judge ``logits float32[N, K]`` and ``embeddings float32[N, E]`` as serving does."""
        probabilities = softmax(logits / classifier.manifest.temperature)
        judged = [classifier.judge(Inference(*one)) for one in zip(logits, embeddings, strict=True)]
        return cls(
            probabilities.argmax(axis=1),
            probabilities.max(axis=1),
            np.array([answer.verdict for answer in judged]),
            classifier.manifest.abstention.score.of(logits, embeddings),
        )


def evaluate(
    dataset: Dataset,
    directory: Path,
    split: Split,
    threads: int,
    unknown: Mapping[str, Path] | None = None,
    *,
    gallery: bool = True,
) -> Metrics:
    """Measure a model; on the test split of what it was trained on, write that down beside it.

    Then ``report/`` gets the numbers and the page, the folder its model card, and the manifest the
    headline. Anything else is measured and returned only: a model is told by one set of numbers.

    Parameters
    ----------
    dataset
        Prepared at the model's size, with the model's species.
    directory
        The model's folder.
    split
        Which photos of the data set.
    threads
        Of one inference.
    unknown
        Folders of photos that the model should not identify, by name.
    gallery
        Whether a photo of each species is put beside the model; without, one that was there goes.

    Raises
    ------
    training.errors.TrainingError
        The model knows other species, takes another size, or may have learned from these photos; or a
        folder of unknown photos has none.
    """
    manifest = read_manifest(directory)
    _check_match(dataset, manifest)
    of_record = is_of_record(dataset, manifest, split)
    if dataset.card.fingerprint == manifest.dataset.fingerprint:
        check_split(dataset.card, directory)
    folders = unknown or {}
    files = files_below(folders)
    classifier = Classifier.load(directory, threads)
    indices = dataset.indices(split)
    inferences = infer_all(classifier, dataset.pictures[indices])
    answers = Answers.of(classifier, inferences.logits, inferences.embeddings)
    strangers = {name: meet(classifier, name, folders[name], files[name]) for name in folders}

    met = {name: Answers.of(classifier, one.logits, one.embeddings) for name, one in strangers.items()}
    labels, slugs = dataset.labels[indices], [species.slug for species in manifest.labels]
    correct = answers.predicted == labels
    measured = Metrics(
        model_version=manifest.version,
        dataset=dataset.card.name,
        split=split,
        photos=len(labels),
        accuracy=float(correct.mean()),
        macro_f1=metrics.macro_f1(labels, answers.predicted),
        macro_f1_interval=metrics.macro_f1_interval(labels, answers.predicted),
        expected_calibration_error=expected_calibration_error(answers.confidences, correct),
        verdicts={
            **metrics.verdict_shares(answers.verdicts),
            "accuracy_of_identified": metrics.accuracy_of_identified(answers.verdicts, correct),
        },
        median_inference_ms=round(inferences.median_ms, 2),
        looked_twice=inferences.looked_twice,
        threads=threads,
        processor=_processor(),
        species=metrics.by_species(labels, answers.predicted, slugs),
        confusion=confusion_matrix(labels, answers.predicted, labels=range(len(slugs))).tolist(),
        reliability=metrics.reliability(answers.confidences, correct),
        scores=_histograms(manifest, answers, met),
        unknown={name: _unknown(strangers[name], met[name], slugs) for name in strangers},
        fusion=measure_fusion(manifest, Known(inferences, labels)),
    )
    if of_record:
        exhibits = _exhibits(classifier, dataset, indices, answers)
        pictures = choose_gallery(classifier, dataset) if gallery else {}
        _write(directory, manifest, measured, exhibits, pictures, dataset.card)
    return measured


def is_of_record(dataset: Dataset, manifest: Manifest, split: Split) -> bool:
    """Tell whether these are the photos that a model's record is made of."""
    return split == "test" and dataset.card.fingerprint == manifest.dataset.fingerprint


def _check_match(dataset: Dataset, manifest: Manifest) -> None:
    if [s.slug for s in dataset.card.species] != [s.slug for s in manifest.labels]:
        raise TrainingError(f"{dataset.directory} holds other species than the model knows.")
    check_size(dataset, manifest)


def _histograms(manifest: Manifest, known: Answers, unknown: Mapping[str, Answers]) -> Scores:
    everything = np.concatenate([known.scores, *(answers.scores for answers in unknown.values())])
    edges = np.histogram_bin_edges(everything, bins=SCORE_BINS)

    def counts(answers: Answers) -> list[int]:
        found: list[int] = np.histogram(answers.scores, edges)[0].tolist()
        return found

    return Scores(
        name=manifest.abstention.score.name,
        threshold=manifest.abstention.not_recognised_below,
        edges=edges.tolist(),
        known=counts(known),
        unknown={name: counts(answers) for name, answers in unknown.items()},
    )


def _unknown(strangers: Strangers, answers: Answers, slugs: list[str]) -> Unknown:
    identified = np.flatnonzero(answers.verdicts == "identified")
    surest = identified[np.argsort(-answers.confidences[identified], kind="stable")][:MOST_TAKEN_FOR]
    return Unknown(
        photos=len(strangers.sources),
        **metrics.verdict_shares(answers.verdicts),
        taken_for=[
            TakenFor(
                source=strangers.sources[i],
                species=slugs[answers.predicted[i]],
                confidence=float(answers.confidences[i]),
            )
            for i in surest
        ],
        unreadable=strangers.unreadable,
    )


def _exhibits(
    classifier: Classifier, dataset: Dataset, indices: NDArray[np.int64], answers: Answers
) -> Exhibits:
    said = dataset.labels[indices], answers.predicted, answers.confidences
    examples = show(classifier, dataset, indices[typical_answers(*said)].tolist())
    return Exhibits(
        mistakes=show(classifier, dataset, indices[worst_mistakes(*said)].tolist()),
        examples=[example for example in examples if example.evidence],
    )


def _write(
    directory: Path,
    manifest: Manifest,
    measured: Metrics,
    exhibits: Exhibits,
    pictures: Mapping[str, bytes],
    card: DataCard,
) -> None:
    """Write everything down; the papers are made first, so that a fault leaves the folder as it was."""
    papers = make_papers(read_material(directory, measured, exhibits, card))
    report = directory / REPORT_NAME
    report.mkdir(exist_ok=True)
    write_whole(report / METRICS_NAME, measured.model_dump_json(indent=2) + "\n")
    write_whole(report / EXHIBITS_NAME, exhibits.model_dump_json(indent=1) + "\n")
    write_whole(report / DATA_NAME, card.model_dump_json(indent=2) + "\n")
    write_gallery(report, pictures)
    papers.write(directory)
    updated = manifest.model_copy(update={"metrics": measured.headline()})
    write_whole(directory / MANIFEST_NAME, updated.model_dump_json(indent=2) + "\n")


def _processor() -> str:
    """Return the name of the machine's processor as far as it is known."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
