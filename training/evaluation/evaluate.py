"""Evaluation of an exported model through the code that serves it."""

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
from training.artifacts.examples_file import EXAMPLES_NAME, Examples
from training.artifacts.files import DATA_NAME, REPORT_NAME
from training.artifacts.metrics_file import METRICS_NAME, Metrics, Misidentified, OodMetrics, ScoreHistograms
from training.artifacts.predictions import PREDICTIONS_NAME, PredictionRow, predictions_csv
from training.atomic_write import atomic_write
from training.batch_inference import Inferences, LabeledOutputs, infer_all
from training.data.card import DataCard
from training.data.dataset import Dataset
from training.data.evaluation_log import EvaluationCount, count_evaluations, record_evaluation
from training.data.split import Split
from training.errors import TrainingError
from training.evaluation import metrics
from training.evaluation.examples import make_examples, typical_answers, worst_mistakes
from training.evaluation.expected_errors import measure_calibration
from training.evaluation.gallery import choose_gallery, write_gallery
from training.evaluation.intervals import share_interval
from training.evaluation.merged_sources import measure_sources
from training.evaluation.multi_photo import evaluate_multi_image
from training.evaluation.probability_calibration import expected_calibration_error, reliability
from training.leakage import check_size, check_split, check_untrained
from training.ood.ood_sets import OodSet, files_below, infer_ood_set
from training.report import read_inputs, render_report

SCORE_BINS = 40
MAX_MISIDENTIFIED = 10


@dataclass(frozen=True, slots=True)
class PhotoAnswers:
    """The model's answers for N photos.

    Attributes
    ----------
    probabilities
        ``float64[N, K]``, the confidences of all species.
    predicted
        ``int64[N]``, the top-1 species.
    confidences
        ``float64[N]``, of the top-1 species, 0 to 1.
    verdicts
        ``str[N]``.
    scores
        ``float64[N]``, the out-of-distribution scores; high for in-distribution photos.
    """

    probabilities: NDArray[np.float64]
    predicted: NDArray[np.int64]
    confidences: NDArray[np.float64]
    verdicts: NDArray[np.str_]
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, classifier: Classifier, outputs_of: Inferences | OodSet) -> Self:
        """Classify the model's outputs for N photos as in serving."""
        logits, embeddings = outputs_of.logits, outputs_of.embeddings
        probabilities = classifier.manifest.calibrator().confidences(logits)
        outputs = [
            classifier.predict(Inference(of_photo, embedding, issues=issues))
            for of_photo, embedding, issues in zip(logits, embeddings, outputs_of.issues, strict=True)
        ]
        return cls(
            probabilities,
            probabilities.argmax(axis=1),
            probabilities.max(axis=1),
            np.array([output.verdict for output in outputs]),
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
    predictions: Path | None = None,
) -> Metrics:
    """Measure a model, and write the official metrics: those of the test split of its own data set.

    These are written to ``report/`` with the page, to the model card and, the headline ones, to the
    manifest. Metrics on any other photos are only returned: a model has one official set of metrics.

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
        Folders of out-of-distribution photos, by name.
    gallery
        Whether to write a photo of each species to the report; False removes an existing gallery.
    predictions
        File to write the output for each photo to, for photos of any split or data set.

    Raises
    ------
    training.errors.TrainingError
        The model has other species or another size, or may have been trained on these photos; or a folder
        of out-of-distribution photos has none.
    """
    manifest = read_manifest(directory)
    _check_match(dataset, manifest)
    if dataset.card.fingerprint == manifest.dataset.fingerprint:
        check_split(dataset.card, directory)
    folders = unknown or {}
    files = files_below(folders)
    classifier = Classifier.load(directory, threads)
    indices = dataset.indices(split)
    check_untrained(dataset, indices, split, directory)
    inferences = infer_all(classifier, dataset.pictures[indices])
    answers = PhotoAnswers.of(classifier, inferences)
    ood_sets = {name: infer_ood_set(classifier, name, folders[name], files[name]) for name in folders}

    ood_answers = {name: PhotoAnswers.of(classifier, one) for name, one in ood_sets.items()}
    labels, slugs = dataset.labels[indices], [species.slug for species in manifest.labels]
    groups = np.array([dataset.rows[photo].group for photo in indices])
    correct = answers.predicted == labels
    measured = Metrics(
        model_version=manifest.version,
        dataset=dataset.card.name,
        split=split,
        photos=len(labels),
        accuracy=float(correct.mean()),
        accuracy_interval=_interval(correct),
        macro_f1=metrics.macro_f1(labels, answers.predicted),
        macro_f1_interval=metrics.macro_f1_interval(labels, answers.predicted, groups),
        expected_calibration_error=expected_calibration_error(answers.confidences, correct),
        calibration=measure_calibration(answers.probabilities, labels, answers.verdicts, slugs, groups),
        verdicts={
            **metrics.verdict_shares(answers.verdicts),
            "accuracy_of_identified": metrics.accuracy_of_identified(answers.verdicts, correct),
        },
        accuracy_of_identified_interval=_interval(correct[answers.verdicts == "identified"]),
        median_inference_ms=round(inferences.median_ms, 2),
        tta_share=inferences.tta_share,
        threads=threads,
        processor=_processor(),
        species=metrics.by_species(labels, answers.predicted, slugs),
        evaluations=_count_evaluation(dataset, split, manifest.version),
        source_sets=measure_sources(dataset, indices, answers.predicted),
        confusion=confusion_matrix(labels, answers.predicted, labels=range(len(slugs))).tolist(),
        reliability=reliability(answers.confidences, correct),
        scores=_histograms(manifest, answers, ood_answers),
        unknown={name: _ood_metrics(ood_sets[name], ood_answers[name], slugs) for name in ood_sets},
        multi_image=evaluate_multi_image(manifest, LabeledOutputs(inferences, labels)),
    )
    per_photo = _predictions_csv(dataset, indices, inferences, answers, slugs)
    if predictions:
        atomic_write(predictions, per_photo)
    if is_official(dataset, manifest, split):
        examples = _examples(classifier, dataset, indices, answers)
        pictures = choose_gallery(classifier, dataset) if gallery else {}
        _write(directory, manifest, measured, examples, pictures, per_photo, dataset.card)
    return measured


def _count_evaluation(dataset: Dataset, split: Split, version: str) -> EvaluationCount:
    record_evaluation(dataset.directory, split, version)
    return count_evaluations(dataset.directory, split)


def is_official(dataset: Dataset, manifest: Manifest, split: Split) -> bool:
    """Return whether the metrics of these photos are a model's official ones."""
    return split == "test" and dataset.card.fingerprint == manifest.dataset.fingerprint


def _check_match(dataset: Dataset, manifest: Manifest) -> None:
    if [s.slug for s in dataset.card.species] != [s.slug for s in manifest.labels]:
        raise TrainingError(f"{dataset.directory} holds other species than the model was trained on.")
    check_size(dataset, manifest)


def _interval(hits: NDArray[np.bool_]) -> tuple[float, float]:
    return share_interval(int(hits.sum()), len(hits))


def _histograms(
    manifest: Manifest, known: PhotoAnswers, unknown: Mapping[str, PhotoAnswers]
) -> ScoreHistograms:
    scores = np.concatenate([known.scores, *(answers.scores for answers in unknown.values())])
    edges = np.histogram_bin_edges(scores, bins=SCORE_BINS)

    def counts(answers: PhotoAnswers) -> list[int]:
        found: list[int] = np.histogram(answers.scores, edges)[0].tolist()
        return found

    return ScoreHistograms(
        name=manifest.abstention.score.name,
        threshold=manifest.abstention.not_recognised_below,
        edges=edges.tolist(),
        known=counts(known),
        unknown={name: counts(answers) for name, answers in unknown.items()},
    )


def _ood_metrics(ood_set: OodSet, answers: PhotoAnswers, slugs: list[str]) -> OodMetrics:
    identified = np.flatnonzero(answers.verdicts == "identified")
    order = np.argsort(-answers.confidences[identified], kind="stable")
    return OodMetrics(
        photos=len(ood_set.sources),
        **metrics.verdict_shares(answers.verdicts),
        identified_interval=share_interval(len(identified), len(ood_set.sources)),
        misidentified=[
            Misidentified(
                source=ood_set.sources[i],
                species=slugs[answers.predicted[i]],
                confidence=float(answers.confidences[i]),
            )
            for i in identified[order][:MAX_MISIDENTIFIED]
        ],
        unreadable=ood_set.unreadable,
    )


def _examples(
    classifier: Classifier, dataset: Dataset, indices: NDArray[np.int64], answers: PhotoAnswers
) -> Examples:
    results = dataset.labels[indices], answers.predicted, answers.confidences
    typical = make_examples(classifier, dataset, indices[typical_answers(*results)].tolist())
    return Examples(
        mistakes=make_examples(classifier, dataset, indices[worst_mistakes(*results)].tolist()),
        typical=[example for example in typical if example.evidence],
    )


def _predictions_csv(
    dataset: Dataset,
    indices: NDArray[np.int64],
    inferences: Inferences,
    answers: PhotoAnswers,
    slugs: list[str],
) -> str:
    rows = (
        PredictionRow(
            photo=dataset.rows[photo].sha256,
            source=dataset.rows[photo].source,
            group=dataset.rows[photo].group,
            split=dataset.rows[photo].split,
            label=slugs[dataset.labels[photo]],
            predicted=slugs[answers.predicted[place]],
            confidence=float(answers.confidences[place]),
            verdict=str(answers.verdicts[place]),
        )
        for place, photo in enumerate(indices)
    )
    return predictions_csv(rows, inferences.logits, slugs)


def _write(
    directory: Path,
    manifest: Manifest,
    measured: Metrics,
    examples: Examples,
    pictures: Mapping[str, bytes],
    per_photo: str,
    card: DataCard,
) -> None:
    """Write the report. It is rendered first, so that an error leaves the folder unchanged."""
    rendered = render_report(read_inputs(directory, measured, examples, card))
    report = directory / REPORT_NAME
    report.mkdir(exist_ok=True)
    atomic_write(report / METRICS_NAME, measured.model_dump_json(indent=2) + "\n")
    atomic_write(report / EXAMPLES_NAME, examples.model_dump_json(indent=1) + "\n")
    atomic_write(report / DATA_NAME, card.model_dump_json(indent=2) + "\n")
    atomic_write(report / PREDICTIONS_NAME, per_photo)
    write_gallery(report, pictures)
    rendered.write(directory)
    updated = manifest.model_copy(update={"metrics": measured.headline()})
    atomic_write(directory / MANIFEST_NAME, updated.model_dump_json(indent=2) + "\n")


def _processor() -> str:
    """Return the name of the machine's processor, if it is known."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
