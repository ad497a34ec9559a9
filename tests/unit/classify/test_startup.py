"""The cold start of the function, with valid and invalid models."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import HANG_S

MODEL = Path(__file__).parents[3] / "functions" / "classify" / "model"
ROOT = Path(__file__).parents[3]


MODULES = "import sys, json, frond_classify.api; print(json.dumps(sorted(sys.modules)))"


def start(script: str = MODULES, **environment: str) -> subprocess.CompletedProcess[str]:
    """Import the function in a process with the import path of the image."""
    paths = os.pathsep.join(str(ROOT / path) for path in ("functions/classify", "layers/frond/python"))
    return subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )


def test_the_function_starts_without_tensorflow_or_training() -> None:
    started = start()

    assert started.returncode == 0, started.stderr
    modules = {name.partition(".")[0] for name in json.loads(started.stdout.splitlines()[-1])}
    assert "ai_edge_litert" in modules
    assert not modules & {
        "tensorflow",
        "keras",
        "training",
        "local",
        "moto",
        "sklearn",
        "matplotlib",
        "scipy",
    }


INSIDE = """
import gc, sys
from frond_classify.startup import startup
with startup():
    from frond_classify.app import current_app
    print("_loading" in vars(current_app()), gc.isenabled(), "frond_classify.resolver" in sys.modules)
"""


def test_the_model_begins_to_load_before_the_other_imports() -> None:
    started = start(INSIDE)

    assert started.stdout.splitlines()[-1] == "True False False", started.stderr


def test_garbage_collection_is_on_after_the_start() -> None:
    started = start("import gc, frond_classify.api; print(gc.isenabled(), gc.get_freeze_count() > 10_000)")

    assert started.stdout.splitlines()[-1] == "True True", started.stderr


def test_a_model_that_does_not_match_its_manifest_stops_the_start(tmp_path: Path) -> None:
    forged = Path(shutil.copytree(MODEL, tmp_path / "model"))
    model = bytearray((forged / "model.tflite").read_bytes())
    model[len(model) // 2] ^= 1
    (forged / "model.tflite").write_bytes(model)

    refused = start(FROND_MODEL_DIR=str(forged))

    assert refused.returncode != 0
    assert "does not match manifest.json" in refused.stdout + refused.stderr


def test_a_missing_model_stops_the_start(tmp_path: Path) -> None:
    refused = start(FROND_MODEL_DIR=str(tmp_path))

    assert refused.returncode != 0
    assert "There is no readable manifest" in refused.stdout + refused.stderr


def test_the_memory_size_sets_the_threads() -> None:
    from frond_classify.settings import ClassifySettings

    small = ClassifySettings().threads
    assert small >= 1
    os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "512"
    try:
        assert ClassifySettings().threads == 1
    finally:
        del os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
