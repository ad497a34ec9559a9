"""``python -m tools.notebook_outputs``: execute the notebook's source, and write it with its outputs.

Both are committed: the source is reviewed, the outputs are read where nothing runs.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbmake.nb_run import NotebookRun

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SOURCE, NOTEBOOK = NOTEBOOKS / "frond.py", NOTEBOOKS / "frond.ipynb"
# A cell waits for the commands that it runs; only a hang reaches it.
CELL_TIMEOUT_S = 1200


def execute(folder: Path) -> Any:
    """Execute the source in a copy of the notebook's folder, and return the notebook with its outputs.

    Parameters
    ----------
    folder
        An empty folder for the copy and for what the notebook writes.

    Raises
    ------
    RuntimeError
        A cell failed; the message holds its traceback.
    """
    shutil.copytree(NOTEBOOKS / "photos", folder / NOTEBOOKS.name / "photos")
    (folder / "events").symlink_to(NOTEBOOKS.parent / "events")
    copy = folder / NOTEBOOKS.name / NOTEBOOK.name
    jupytext.write(jupytext.read(SOURCE), copy)
    result = NotebookRun(copy, CELL_TIMEOUT_S).execute()
    if result.error is not None:
        raise RuntimeError(result.error.trace)
    return result.nb


def without_traces(notebook: Any, folder: Path) -> Any:
    """Return the notebook without times, ids and paths of this machine, so that a diff shows results only."""
    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.NotebookNode()
        for output in cell.get("outputs", []):
            if "text" in output:
                output.text = output.text.replace(str(folder), "").replace("\r\n", "\n")
    return notebook


def main() -> None:
    """Execute the notebook and write it with its outputs."""
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            notebook = without_traces(execute(Path(scratch)), Path(scratch))
        except RuntimeError as error:
            sys.exit(str(error))
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
