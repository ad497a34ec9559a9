"""The notebook: its two files are in step, and every cell runs, with no network, on the photos beside it."""

import json
import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

jupytext = pytest.importorskip("jupytext", reason="not installed: make .venv/.notebook")
pytest.importorskip("nbmake", reason="not installed: make .venv/.notebook")

from tools.notebook_outputs import NOTEBOOK, NOTEBOOKS, SOURCE, execute  # noqa: E402

pytestmark = pytest.mark.slow
MAX_KILOBYTES = 600


def cells(path: Path) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]


def text_of(notebook: Any) -> str:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return "".join(output.get("text", "") for output in outputs)


def test_the_notebook_has_the_cells_of_its_source() -> None:
    assert cells(NOTEBOOK) == cells(SOURCE), "python -m tools.notebook_outputs writes the notebook again"


def test_its_outputs_are_committed_small_and_without_errors() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    outputs = [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    kinds = {output["output_type"] for each in outputs for output in each}
    pictures = [output for each in outputs for output in each if "image/jpeg" in output.get("data", {})]
    assert kinds <= {"stream", "display_data", "execute_result"}
    assert len(pictures) >= 4
    photos = sum(path.stat().st_size for path in (NOTEBOOKS / "photos").rglob("*.webp"))
    assert photos + NOTEBOOK.stat().st_size + SOURCE.stat().st_size < 1000 * MAX_KILOBYTES


def test_nothing_beside_the_notebook_hides_a_package() -> None:
    # The folder of a notebook is first on the path of its kernel and of the commands that it runs.
    beside = {path.stem for path in NOTEBOOKS.glob("*.py")}
    beside |= {path.name for path in NOTEBOOKS.iterdir() if path.is_dir()}
    assert beside.isdisjoint({"frond", "training", *sys.stdlib_module_names})


def test_every_photo_has_a_licence() -> None:
    page = (NOTEBOOKS / "photos" / "README.md").read_text(encoding="utf-8")
    photos = list((NOTEBOOKS / "photos").rglob("*.webp"))
    assert f"{len(photos)} seedlings" in page
    assert "CC BY-SA 4.0" in page


def test_every_cell_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A program that asks for a download fails: nothing listens there.
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, nowhere)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    said = text_of(execute(tmp_path))

    work = tmp_path / "notebooks" / "work"
    metrics = json.loads((work / "model" / "report" / "metrics.json").read_text(encoding="utf-8"))
    # Three species: by chance a third is right.
    assert metrics["accuracy"] > 0.5
    assert (work / "model" / "report" / "index.html").is_file()
    assert re.search(r"^int8 +\d+ +[01]\.\d+ +[01]\.\d+$", said, re.MULTILINE)
    answers = re.findall(r"^([\w-]+) +(identified|uncertain|not_recognised) +[A-Z]", said, re.MULTILINE)
    assert [name for name, _ in answers] == ["zea-mays", "sinapis-arvensis", "geranium-pusillum"]
    assert "Error:" not in said


def test_the_container_holds_what_the_notebook_reads() -> None:
    dockerfile = (NOTEBOOKS / "Dockerfile").read_text(encoding="utf-8")
    ignored = (NOTEBOOKS / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    # A date names one build of the docker-stacks; `latest` would name another one each week.
    assert re.search(r"^FROM quay\.io/jupyter/[\w-]+:\d{4}-\d\d-\d\d$", dockerfile, re.MULTILINE)
    lines = re.findall(r"^COPY (.+)$", dockerfile, re.MULTILINE)
    copied = {word for line in lines for word in line.split()[:-1] if not word.startswith("--")}
    assert copied == let_in
    assert all((ROOT / path).exists() for path in copied)
