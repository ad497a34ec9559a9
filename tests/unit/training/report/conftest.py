"""The inputs of a complete report; every number differs from the others."""

import base64
import io
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from frond.calibration import ConfusedPair
from frond.manifest import Manifest, SpeciesLabel
from frond.preprocessing import PreprocessingSpec
from frond.tta import TTASettings
from tests.support.tiny_model import manifest_of, tiny_model
from training.artifacts.examples_file import Example, Examples
from training.artifacts.metrics_file import (
    CalibratedGroupShares,
    CalibrationBin,
    CalibrationMetrics,
    ErrorCount,
    Estimate,
    GroupShares,
    Metrics,
    Misidentified,
    MultiImageMetrics,
    OodMetrics,
    ScoreHistograms,
)
from training.artifacts.trials import (
    BiasTrial,
    CalibrationTrial,
    LayerError,
    LeftOutSpecies,
    OodBenchmark,
    PairTrial,
    QuantizationTrials,
    ScoreResult,
    TTATrial,
    TTATrials,
    VariantMetrics,
)
from training.data.card import BadFile, DataCard
from training.report import ReportInputs

NAMES = ("Maize", "Wheat", "Beet")


def species_named(names: Sequence[str]) -> list[SpeciesLabel]:
    return [
        SpeciesLabel(slug=f"plant-{i}", scientific_name=f"Planta {name}", common_names={"en": name})
        for i, name in enumerate(names)
    ]


def noise(side: int, seed: int = 0) -> str:
    """Return a picture of noise, which compresses worst."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=82)
    return base64.b64encode(file.getvalue()).decode()


def example(truth: int, answer: int, side: int = 8, confidence: float = 0.91) -> Example:
    grid = [[1.0, -1.0], [0.5, 0.0]]
    return Example(
        source=f"photos/{truth}-as-{answer}.jpg",
        truth=f"plant-{truth}",
        answer=f"plant-{answer}",
        confidence=confidence,
        verdict="uncertain",
        picture=noise(side, truth),
        evidence={"answer": grid, "truth": grid[::-1]},
    )


def around(mean: float) -> Estimate:
    return Estimate(mean=mean, low=mean - 0.01, high=mean + 0.02)


def multi_image_metrics(photos: int, accuracy: float) -> MultiImageMetrics:
    """Metrics of photos classified together, relative to single photos with an accuracy of 81.2 %."""
    one, gained = around(0.8125), around(accuracy - 0.8125)
    return MultiImageMetrics(
        photos=photos,
        groups=16 // photos,
        partitions=100,
        alone=CalibratedGroupShares(
            accuracy=one, macro_f1=one, identified=one, expected_calibration_error=0.0456
        ),
        together=CalibratedGroupShares(
            accuracy=around(accuracy),
            macro_f1=around(accuracy - 0.1),
            identified=around(accuracy - 0.2),
            expected_calibration_error=0.0321,
        ),
        gained=GroupShares(accuracy=gained, macro_f1=gained, identified=gained),
    )


def error_count(photos: int, expected: float, observed: int, p_value: float) -> ErrorCount:
    return ErrorCount(
        photos=photos, expected=expected, observed=observed, p_value=p_value, share_interval=(0.0234, 0.3848)
    )


def metrics_of(manifest: Manifest) -> Metrics:
    """Metrics of 16 photos, 13 of them correct; one of the species is never predicted."""
    return Metrics(
        model_version=manifest.version,
        dataset="garden",
        split="test",
        photos=16,
        accuracy=0.8125,
        macro_f1=0.5714,
        macro_f1_interval=(0.4321, 0.7654),
        expected_calibration_error=0.0456,
        verdicts={
            "identified": 0.75,
            "uncertain": 0.125,
            "not_recognised": 0.125,
            "accuracy_of_identified": 0.9,
        },
        median_inference_ms=12.34,
        tta_share=0.0625,
        threads=2,
        processor="Abacus 9000",
        species={
            "plant-0": {"precision": 0.8, "recall": 1.0, "f1-score": 0.889, "support": 8},
            "plant-1": {"precision": 0.833, "recall": 0.833, "f1-score": 0.825, "support": 6},
            "plant-2": {"precision": 0.0, "recall": 0.0, "f1-score": 0.111, "support": 2},
        },
        confusion=[[8, 0, 0], [1, 5, 0], [2, 0, 0]],
        accuracy_interval=(0.5435, 0.9595),
        accuracy_of_identified_interval=(0.6543, 0.9876),
        calibration=CalibrationMetrics(
            negative_log_likelihood=Estimate(mean=0.4321, low=0.3456, high=0.5678),
            brier=Estimate(mean=0.2345, low=0.1234, high=0.3987),
            errors=error_count(16, 1.75, 3, 0.4242),
            confident_errors=error_count(12, 0.5, 2, 0.0666),
            chance_of_an_error=0.83,
            by_answer={
                "plant-0": error_count(11, 1.25, 3, 0.0002),
                "plant-1": error_count(5, 0.5, 0, 1),
                "plant-2": error_count(0, 0, 0, 1),
            },
        ),
        reliability=[
            CalibrationBin(confidence=0.6, accuracy=0.5, photos=4),
            CalibrationBin(confidence=0.95, accuracy=0.9, photos=12),
        ],
        scores=ScoreHistograms(
            name="energy", threshold=1.5, edges=[0, 1, 2, 3], known=[0, 4, 12], unknown={"stones": [5, 2, 0]}
        ),
        unknown={
            "stones": OodMetrics(
                photos=7,
                identified=0.1429,
                identified_interval=(0.0036, 0.5787),
                uncertain=0,
                not_recognised=0.8571,
                misidentified=[Misidentified(source="pebble.jpg", species="plant-1", confidence=0.77)],
                unreadable=[BadFile(source="sand.txt", reason="This is not a picture.")],
            )
        },
        multi_image=[multi_image_metrics(1, 0.8125), multi_image_metrics(3, 0.9234)],
    )


def inputs_of(names: Sequence[str] = NAMES, side: int = 8, mistakes: int = 2) -> ReportInputs:
    """Return inputs for every section."""
    labels = species_named(names)
    drafted = manifest_of(tiny_model())
    dataset = drafted.dataset.model_copy(
        update={"name": "garden", "licence": "CC BY 4.0", "attribution": "A. Gardener"}
    )
    manifest = drafted.model_copy(
        update={
            "labels": labels,
            "dataset": dataset,
            "agreement": {"top1": 0.9876},
            "libraries": {"keras": "3.15"},
            "code_commit": "c0ffee",
            "tta": TTASettings(gap_below=0.7531),
            "confused_pairs": [ConfusedPair(species=("plant-0", "plant-2"), temperature=1.8765)],
        }
    )
    counts = {s.slug: {"train": 1000 + i, "validation": 10 + i, "test": 2} for i, s in enumerate(labels)}
    return ReportInputs(
        manifest=manifest,
        metrics=metrics_of(manifest),
        examples=Examples(
            mistakes=[example(2, 0, side) for _ in range(mistakes)],
            typical=[example(i, i, side) for i in range(3) for _ in range(max(1, mistakes // 5))],
        ),
        card=DataCard(
            name="garden",
            created_at=datetime(2026, 3, 4, tzinfo=UTC),
            fingerprint="f1n9e4",
            recipe=PreprocessingSpec(size=16),
            seed=11,
            species=labels,
            folders=list(names),
            counts=counts,
            near_duplicate_groups=3,
            near_duplicates=7,
            bad_files=[BadFile(source="torn.jpg", reason="It is damaged.")],
            notes=["Beet has few photos."],
        ),
        history=[
            {"epoch": 1, "size": 16, "loss": 2.0, "val_loss": 2.1, "f1": 0.3, "val_f1": 0.2},
            {"epoch": 2, "size": 32, "loss": 1.0, "val_loss": 1.2, "f1": 0.6, "val_f1": None},
        ],
        settings={
            "dataset_fingerprint": "f1n9e4",
            "recipe": {
                "weight_decay": 0.0625,
                "stages": [{"name": "head", "learning_rate": 0.03125}, {"name": "all"}],
            },
        },
        quantization=QuantizationTrials(
            split="validation",
            photos=33,
            variants=[
                VariantMetrics(
                    name=name,
                    accuracy=0.9,
                    macro_f1=f1,
                    agreement=0.975,
                    size_bytes=size,
                    median_ms=21.0,
                    threads=2,
                )
                for name, f1, size in (("fp32", 0.9123, 8_800_000), ("int8", 0.9111, 2_200_000))
            ],
            layers=[
                LayerError(layer=f"layer_{i}", position=i, signal_to_noise_db=40 - i, lowest_db=20)
                for i in range(5)
            ],
            warnings=["The int8 model loses too much."],
        ),
        ood_benchmark=OodBenchmark(
            chosen="energy",
            acceptance=0.95,
            scores=[
                ScoreResult(
                    name="energy", threshold=1.5, rejected={"stones": 0.8768}, known_identified=0.951
                ),
                ScoreResult(name="vim", threshold=0.5, rejected={}, known_identified=0.952),
            ],
            left_out=[
                LeftOutSpecies(species="plant-1", photos=12, not_identified=0.6667, not_recognised=0.5)
            ],
        ),
        biases=BiasTrial(
            biases={label.slug: 0.1 * i - 0.2 for i, label in enumerate(labels)},
            loss=0.2222,
            loss_without=0.3333,
        ),
        calibration=CalibrationTrial(
            source="held_out",
            photos=345,
            errors=21,
            temperature=1,
            pairs=[PairTrial(species=("plant-0", "plant-2"), photos=99, mutual_errors=9, temperature=1.8765)],
            loss=0.3,
            loss_of_one_temperature=0.4,
            warnings=["The calibration ran into its bound."],
        ),
        tta=TTATrials(
            gap_below=0.7531,
            trials=[
                TTATrial(gap_below=None, share=0, loss=0.5757, wrong=6),
                TTATrial(gap_below=0.7531, share=0.0525, loss=0.4646, wrong=5),
            ],
        ),
        external={"field 2026": metrics_of(manifest)},
    )


@pytest.fixture(scope="session")
def inputs() -> ReportInputs:
    """The inputs of a complete report."""
    return inputs_of()
