"""The defaults of the `detect` commands are those of the code behind them."""

import inspect
from collections.abc import Callable
from typing import Any

from training.commands import detect
from training.data.split import SplitConfig
from training.detection.detector_run import DetectorHyperparameters
from training.detection.scene_config import SceneConfig


def defaults(command: Callable[..., Any]) -> dict[str, Any]:
    return {name: each.default for name, each in inspect.signature(command).parameters.items()}


def test_compose() -> None:
    expected = SceneConfig()
    found = defaults(detect.compose)
    assert (found["side"], found["plants"], found["scales"]) == (
        expected.side,
        expected.plants,
        expected.scales,
    )


def test_fit() -> None:
    expected = DetectorHyperparameters().model_dump()
    found = defaults(detect.fit)
    options = expected.keys() & found.keys()
    assert options == expected.keys() - {"weight_decay"}
    assert {name: found[name] for name in options} == {name: expected[name] for name in options}


def test_prepare() -> None:
    expected = SplitConfig({})
    found = defaults(detect.prepare)
    assert (found["seed"], found["near_duplicate_bits"]) == (expected.seed, expected.near_duplicate_bits)
