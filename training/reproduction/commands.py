"""The commands that made a model, from the records of its data set and of its runs."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from training.data.card import DataCard
from training.data.preparation import DATASET, PHOTOS, Preparation

RUN, MODEL = "RUN", "MODEL"
RUN_SUFFIX = ".weights.h5"
Settings = Mapping[str, Any]


def list_commands(card: DataCard | None, settings: Settings | None, size: int) -> list[str]:
    """Return the shell commands, from ``prepare`` to ``evaluate``.

    Parameters
    ----------
    card
        Of the model's data set.
    settings
        Of the run that the model was exported from.
    size
        Height and width of the model's input, for a data set without a record.
    """
    runs = list_runs(settings or {})
    names = [run_name(number, len(runs)) for number in range(len(runs))]
    return [
        *_prepare(card, size),
        *(
            command
            for run, name, before in zip(runs, names, [None, *names], strict=False)
            for command in _train(run, name, before, card)
        ),
        shlex.join(["training", "export", DATASET, names[-1], MODEL]),
        shlex.join(["training", "evaluate", DATASET, MODEL]),
    ]


def list_runs(settings: Settings) -> list[Settings]:
    """Return the settings of the runs, from the first one to the one that was exported."""
    before = (settings.get("initial_weights") or {}).get("run")
    return [*(list_runs(before) if before else []), settings]


def run_name(number: int, runs: int) -> str:
    """Return the name of a run's folder, counted from 0; the last is ``RUN``."""
    return RUN if number == runs - 1 else f"{RUN}-{number + 1}"


def _prepare(card: DataCard | None, size: int) -> list[str]:
    if card is None or card.preparation is None:
        seed = [f"--seed={card.seed}"] if card else []
        return [shlex.join(["training", "prepare", PHOTOS, DATASET, f"--size={size}", *seed])]
    return card.preparation.commands()


def _train(run: Settings, name: str, before: str | None, card: DataCard | None) -> Iterator[str]:
    weights = _initial_weights(run, before)
    if before and weights == _exported(before):
        yield shlex.join(["training", "export", _dataset(run, card), before, weights])
    words = ["training", "fit", _dataset(run, card), name, "--recipe", f"{name}.json"]
    if weights:
        words += ["--weights", weights]
    for slug in run.get("exclude", ()):
        words += ["--exclude", slug]
    yield f"{shlex.join(words)}{''.join(_remarks(run))}"


def _initial_weights(run: Settings, before: str | None) -> str | None:
    """Return the path of a run's first weights: a file, or the model that the run before was exported to."""
    weights = run.get("initial_weights")
    if not weights:
        return None
    if not before:
        return str(weights["name"])
    return f"{before}/{weights['name']}" if weights["name"].endswith(RUN_SUFFIX) else _exported(before)


def _exported(run: str) -> str:
    """Return the name of the model that a run is exported to."""
    return run.replace(RUN, MODEL, 1)


def _remarks(run: Settings) -> Iterator[str]:
    if run.get("recipe", {}).get("teachers"):
        yield "  # a student of teachers: `training gpu-kit` trains it"
    if (devices := run.get("replicas", 1)) > 1:
        yield f"  # on {devices} devices"
    weights = run.get("initial_weights") or {}
    started = run.get("recipe", {}).get("weights", "")
    if not weights and started.endswith(RUN_SUFFIX):
        yield f"  # {started} is from a run that was not recorded"
    if weights.get("epochs") and weights.get("run"):
        planned = sum(stage["epochs"] for stage in weights["run"]["recipe"]["stages"])
        if weights["epochs"] < planned:
            yield f"  # from a run that was stopped after epoch {weights['epochs']} of {planned}"


def _dataset(run: Settings, card: DataCard | None) -> str:
    """Return the name of the data set that a run was trained on: the model's, or one of its earlier ones."""
    trained_on = run.get("train_fingerprint")
    if card is None or trained_on in (None, card.train_fingerprint) or card.preparation is None:
        return DATASET
    earlier = _earlier_train_fingerprints(card.preparation)
    return f"{DATASET}-{earlier.index(trained_on) + 1}" if trained_on in earlier else f"OTHER-{DATASET}"


def _earlier_train_fingerprints(preparation: Preparation) -> list[str | None]:
    before = preparation.reuse_splits
    if before is None:
        return []
    older = _earlier_train_fingerprints(before.preparation) if before.preparation else []
    return [*older, before.fingerprints.train]
