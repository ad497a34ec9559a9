"""Run the examples of README.md and of the docs against the running stack."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from frond.detection.suppression import overlaps
from frond.problems import UnsupportedFormat
from frond_client import FrondError
from local.template import read
from tests.conftest import ROOT
from tests.e2e.examples.blocks import Block, blocks
from tests.support.running_stack import RunningStack
from tests.support.waiting import HANG_S

README, API, PAGE = "README.md", "docs/04-api.md", "docs/12-command.md"
REFERENCE = "docs/16-api-reference.md"
BLOCKS = {block.name: block for document in (README, API, REFERENCE, PAGE) for block in blocks(document)}

NOT_RUN = {
    f"{README}, Run it, sh 1": "it runs until Ctrl-C, as the fixture `stack` does, and then runs this test",
    f"{README}, Deploy, sh 1": "it needs Docker, the SAM CLI and an AWS account",
    f"{README}, Operate, sh 1": "it needs a stack on AWS; tests/unit/client runs these against Moto",
    f"{README}, Train, sh 1": "it takes hours; tests/unit/training and tests/e2e/releases run each step",
}
RUN: set[str] = set()
DETECTOR = ROOT / "functions" / "classify" / "model" / "detection"
needs_detector = pytest.mark.skipif(not DETECTOR.is_dir(), reason="no detector is released")
# The browser runs it, in test_javascript.py.
IN_A_BROWSER = f"{API}, Examples, js 1"
SETTINGS = f"{API}, Examples, sh 1"
ANSWER = f"{README}, Run it, json 1"
WHOLE_ANSWER = f"{REFERENCE}, A classification, json 1"
PROBLEM = f"{REFERENCE}, Problems, json 1"
NODE = f"{PAGE}, The JavaScript client, js 1"


@pytest.fixture(scope="module")
def checkout(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a reader's after ``make serve``: photos, stack.json and the command."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "events").symlink_to(ROOT / "events")
    (folder / ".frond").mkdir()
    (folder / ".frond" / "stack.json").write_text(json.dumps(stack.info))
    # The client is already installed here.
    (folder / "Makefile").write_text("client:\n\t@true\n")
    command = folder / ".venv" / "bin" / "frond"
    command.parent.mkdir(parents=True)
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT / "client"} exec {sys.executable} -m frond_client "$@"\n'
    )
    command.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def environment(stack: RunningStack, checkout: Path) -> dict[str, str]:
    """Environment variables of a reader's shell after the block with the settings."""
    script = f"{with_port(BLOCKS[SETTINGS], stack)}\nenv -0"
    done = subprocess.run(["bash", "-euc", script], cwd=checkout, capture_output=True, check=True, text=True)
    known = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    assert (known["FROND_URL"], known["FROND_KEY"]) == (stack.api_url, stack.api_key)
    return known


def with_port(block: Block, stack: RunningStack) -> str:
    """Return the text of a block with the port of this stack."""
    return block.text.replace("localhost:3000", urlsplit(stack.api_url).netloc)


def example(*names: str) -> pytest.MarkDecorator:
    """Run blocks in order; the test receives their outputs as ``written``."""
    RUN.update(names)
    return pytest.mark.parametrize("written", [names], indirect=True)


@pytest.fixture
def written(
    request: pytest.FixtureRequest, stack: RunningStack, checkout: Path, environment: dict[str, str]
) -> list[str]:
    return [run(BLOCKS[name], stack, checkout, environment) for name in request.param]


def run(block: Block, stack: RunningStack, checkout: Path, environment: dict[str, str]) -> str:
    """Run a block as a reader would, and return its output."""
    shell = ["bash", "-euo", "pipefail", "-c"] if block.language == "sh" else [sys.executable, "-c"]
    done = subprocess.run(
        [*shell, with_port(block, stack)],
        cwd=checkout,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT / "client")},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def first_species(answer: dict[str, Any]) -> str:
    return str(answer["predictions"][0]["species"])


def shows(answer: Any, shortened: Any) -> bool:
    """Return whether an answer has every member that its shortened form shows, however deep."""
    if isinstance(shortened, dict):
        return isinstance(answer, dict) and all(
            name in answer and shows(answer[name], each) for name, each in shortened.items()
        )
    if isinstance(shortened, list):
        return (
            isinstance(answer, list) and len(answer) == len(shortened) and all(map(shows, answer, shortened))
        )
    return type(answer) is type(shortened)


@example(f"{README}, Run it, sh 2")
def test_the_first_call_has_the_printed_answer(written: list[str]) -> None:
    answer = json.loads(written[0])
    printed = json.loads(BLOCKS[ANSWER].text)

    assert first_species(answer) == first_species(printed) == "zea-mays"
    assert (answer["status"], answer["verdict"]) == (printed["status"], printed["verdict"])
    assert shows(answer, printed)


@example(f"{PAGE}, keys, sh 1")
def test_a_new_key_is_listed(written: list[str]) -> None:
    identifier = re.search(r"Key (\w+) for ana", written[0])
    assert identifier is not None
    (row,) = [line for line in written[0].splitlines() if "│" in line and identifier[1] in line]
    assert all(text in row for text in ("ana", "owner", "enabled"))


@example(f"{README}, Run it, sh 3")
def test_the_command_classifies_and_uploads_photos(written: list[str], checkout: Path) -> None:
    assert "Zea mays (Maize)" in written[0]
    assert "Results: photos.csv" in written[0]
    with (checkout / "photos.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["species"] for row in rows} == {path.stem for path in ROOT.glob("events/photos/*.jpg")}


@example(f"{API}, Examples, sh 2")
def test_curl_with_a_photo(written: list[str]) -> None:
    answer = json.loads(written[0])
    printed = json.loads(BLOCKS[WHOLE_ANSWER].text)
    assert first_species(answer) == first_species(printed) == "zea-mays"
    assert shows(answer, printed)
    assert shows(printed, answer)


@pytest.mark.parametrize("end", ["", "/"])
def test_the_examples_fit_the_url_that_a_deployment_prints(
    stack: RunningStack, checkout: Path, environment: dict[str, str], end: str
) -> None:
    output = read(ROOT / "template.yaml").document["Outputs"]["ApiUrl"]["Value"]["Fn::Sub"]
    stage = output.partition("${AWS::URLSuffix}")[2].replace("${Stage}", "dev")
    url = urlsplit(stack.api_url)._replace(path=stage + end).geturl()
    answer = json.loads(
        run(BLOCKS[f"{API}, Examples, sh 2"], stack, checkout, environment | {"FROND_URL": url})
    )
    assert answer.get("status") == "succeeded", answer


@example(f"{API}, Examples, sh 3")
def test_curl_with_photos_of_one_plant(written: list[str]) -> None:
    answer = json.loads(written[0])
    assert first_species(answer) == "zea-mays"
    assert answer["predictions"][0]["common_name"] == "Maíz"
    assert [first_species(each) for each in answer["images"]] == ["zea-mays"] * 2


@example(*[f"{API}, Examples, sh 4"] * 2, f"{API}, Examples, sh 2")
def test_curl_with_a_key_gets_the_same_answer_again(written: list[str]) -> None:
    first, again, other = map(json.loads, written)
    assert first == again
    assert first["id"] != other["id"]


@needs_detector
@example(f"{API}, Examples, sh 5")
def test_curl_finds_the_plants_of_a_scene(written: list[str]) -> None:
    answer = json.loads(written[0])
    assert (answer["status"], answer["image"]["width"], answer["image"]["height"]) == (
        "succeeded",
        1280,
        1280,
    )
    assert matched("two-species", answer["detections"]) > 0.5
    assert all(len(each["classification"]["predictions"]) == 1 for each in answer["detections"])


@needs_detector
@example(f"{PAGE}, detect, sh 1")
def test_the_command_counts_the_plants_of_scenes(written: list[str]) -> None:
    count = re.match(r"(\d+) plants: ", written[0].splitlines()[-1])
    assert count is not None
    assert 12 < int(count[1]) < 48


def matched(scene: str, found: list[dict[str, Any]]) -> float:
    """Return the share of a scene's plants that a box covers by more than half of their union."""
    annotation = ET.parse(ROOT / "events" / "scenes" / f"{scene}.xml")
    edges = ("xmin", "ymin", "xmax", "ymax")
    plants = [[float(box.findtext(edge, "")) for edge in edges] for box in annotation.iter("bndbox")]
    boxes = [
        (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
        for box in (each["box"] for each in found)
    ]
    shares = overlaps(np.array(plants, np.float32), np.array(boxes, np.float32).reshape(-1, 4))
    return float((shares.max(axis=1, initial=0) > 0.5).mean())


@example(f"{README}, Run it, python 1")
def test_python_names_a_plant(written: list[str]) -> None:
    verdict, *name, confidence = written[0].split()
    assert (verdict, " ".join(name)) == ("identified", "Zea mays")
    assert 0.9 < float(confidence) <= 1


@example(f"{PAGE}, The Python client, python 1")
def test_python_uses_every_method(written: list[str]) -> None:
    first, second, third = written[0].splitlines()
    assert re.fullmatch(r"identified Maïs \(\) \d+", first)
    assert int(first.split()[-1]) >= 5
    assert second == "zea-mays True"
    assert third == "The file is not an image in a supported format"


@example(f"{PAGE}, The Python client, python 2")
def test_python_with_async(written: list[str]) -> None:
    assert written[0].splitlines() == ["Zea mays", "Galium aparine"]


@example(f"{PAGE}, classify, sh 1")
def test_the_command_shows_a_table(written: list[str]) -> None:
    assert "Maïs" in written[0]
    assert "Stellaria media" in written[0]


@example(f"{PAGE}, classify, sh 2")
def test_the_command_has_output_for_programs(written: list[str]) -> None:
    photos = sorted(ROOT.glob("events/photos/*.jpg"))
    lines = [f"events/photos/{photo.name} identified {photo.stem}" for photo in photos]
    assert written[0].splitlines() == lines


@example(f"{PAGE}, A walk becomes a map, sh 1")
def test_the_command_draws_a_map(written: list[str], checkout: Path) -> None:
    features = json.loads((checkout / "walk.geojson").read_text(encoding="utf-8"))["features"]
    species = {Path(each["properties"]["photos"]).stem: each["properties"]["species"] for each in features}
    assert len(species) >= 4
    assert all(name == found for name, found in species.items())


def test_javascript_in_node(checkout: Path, environment: dict[str, str]) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed: apt-get install nodejs")
    # As `npm install` does it.
    (checkout / "node_modules").mkdir()
    (checkout / "node_modules" / "frond-client").symlink_to(ROOT / "client" / "javascript")
    (checkout / "example.mjs").write_text(BLOCKS[NODE].text, encoding="utf-8")
    done = subprocess.run(
        [node, "example.mjs"], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("Maïs\n", 0), done.stderr


def test_the_printed_problem_has_the_members_of_a_real_one() -> None:
    printed = json.loads(BLOCKS[PROBLEM].text)
    real = UnsupportedFormat().document(printed["request_id"])
    assert printed.keys() == real.keys()
    assert (printed["type"], printed["status"]) == (real["type"], real["status"])


def test_every_block_is_run_or_is_said_not_to_be() -> None:
    assert not RUN & NOT_RUN.keys()
    assert (
        RUN | NOT_RUN.keys() | {SETTINGS, ANSWER, WHOLE_ANSWER, PROBLEM, IN_A_BROWSER, NODE} == BLOCKS.keys()
    )


def test_the_printed_tree_of_errors_is_the_one_of_the_client() -> None:
    def tree(kind: type[Exception], depth: int = 0) -> list[str]:
        below = [line for each in kind.__subclasses__() for line in tree(each, depth + 1)]
        return [" " * 4 * depth + kind.__name__, *below]

    printed = re.search(
        r"```text\n(FrondError\n.*?)```", (ROOT / PAGE).read_text(encoding="utf-8"), re.DOTALL
    )
    assert printed
    assert printed[1].splitlines() == tree(FrondError)
