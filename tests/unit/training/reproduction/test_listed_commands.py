"""The commands that made a model name its data sets, runs and weights."""

from training.data.card import DataCard
from training.data.dataset import Dataset
from training.data.preparation import EarlierDataset, Fingerprints, Preparation
from training.reproduction.commands import list_commands

FIRST = Preparation(source="garden", size=72, validation=0.25, test=0.25, seed=1, group="(p\\d)_")
EARLIER = EarlierDataset(fingerprints=Fingerprints(all="a", train="t", test="e"), preparation=FIRST)
STAGES = {"recipe": {"stages": [{"epochs": 4}, {"epochs": 8}]}}


def card(prepared: Dataset, preparation: Preparation | None) -> DataCard:
    return prepared.card.model_copy(update={"preparation": preparation, "train_fingerprint": "now"})


def test_a_chain_of_data_sets_and_runs(prepared: Dataset) -> None:
    second = FIRST.model_copy(
        update={"group": None, "validation": 0.07, "validation_to_train": True, "reuse_splits": EARLIER}
    )
    first_run = STAGES | {
        "train_fingerprint": "t",
        "initial_weights": {"name": "imagenet.h5", "sha256": "0", "epochs": None, "run": None},
    }
    last_run = STAGES | {
        "train_fingerprint": "now",
        "exclude": ["zea-mays"],
        "replicas": 2,
        "initial_weights": {"name": "best-1.weights.h5", "sha256": "1", "epochs": 5, "run": first_run},
    }
    assert list_commands(card(prepared, second), last_run, 72) == [
        "training prepare PHOTOS DATASET-1 --size 72 --validation 0.25 --test 0.25 --group '(p\\d)_'",
        "training prepare PHOTOS DATASET --size 72 --validation 0.07 --test 0.25 --reuse-splits DATASET-1 "
        "--validation-to-train",
        "training fit DATASET-1 RUN-1 --recipe RUN-1.json --weights imagenet.h5",
        "training fit DATASET RUN --recipe RUN.json --weights RUN-1/best-1.weights.h5 --exclude zea-mays"
        "  # on 2 devices  # from a run that was stopped after epoch 5 of 12",
        "training export DATASET RUN MODEL",
        "training evaluate DATASET MODEL",
    ]


def test_a_run_from_an_exported_model_of_a_student(prepared: Dataset) -> None:
    student = {"train_fingerprint": "now", "recipe": {"teachers": 5, "stages": [{"epochs": 36}]}}
    weights = {"name": "2026.11.27-983183e1", "sha256": "0", "epochs": None, "run": student}
    last = STAGES | {"train_fingerprint": "now", "initial_weights": weights}

    assert list_commands(card(prepared, FIRST), last, 72)[1:4] == [
        "training fit DATASET RUN-1 --recipe RUN-1.json"
        "  # a student of teachers: `training gpu-kit` trains it",
        "training export DATASET RUN-1 MODEL-1",
        "training fit DATASET RUN --recipe RUN.json --weights MODEL-1",
    ]


def test_a_data_set_without_a_record(prepared: Dataset) -> None:
    assert list_commands(card(prepared, None), None, 72)[0] == (
        "training prepare PHOTOS DATASET --size=72 --seed=1"
    )


def test_weights_of_a_run_that_was_not_recorded(prepared: Dataset) -> None:
    run = {"recipe": {"weights": "best-1.weights.h5", "stages": []}}
    assert list_commands(card(prepared, FIRST), run, 72)[1].endswith(
        "  # best-1.weights.h5 is from a run that was not recorded"
    )


def test_a_run_on_an_unknown_data_set(prepared: Dataset) -> None:
    assert list_commands(card(prepared, FIRST), {"train_fingerprint": "other"}, 72)[1].startswith(
        "training fit OTHER-DATASET RUN"
    )
