"""``python -m tools.notebook_outputs``: execute the notebook's source, and write it with its outputs.

Both are committed: the source is reviewed, the outputs are read where nothing runs.
"""

import base64
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbmake.nb_run import NotebookRun
from PIL import Image

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
# Apart from the notebook: Python imports what lies beside it first, and would take it for the layer `frond`.
SOURCE, NOTEBOOK = NOTEBOOKS / "source" / "frond.py", NOTEBOOKS / "frond.ipynb"
# A cell waits for the commands that it runs; only a hang reaches it.
CELL_TIMEOUT_S = 1200
NOISE = re.compile("━━|^WARNING:tensorflow|^INFO: |^fully_quantize")


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


def tidied(notebook: Any) -> Any:
    """Return the notebook with small pictures, without progress bars and TensorFlow's messages."""
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            texts = [output for output in cell.outputs if output.output_type == "stream"]
            others = [_small(output) for output in cell.outputs if output.output_type != "stream"]
            text = "".join(output.text for output in texts).replace("\r\n", "\n")
            kept = [line for line in text.splitlines() if not NOISE.search(line)]
            shown = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")
            stream = [nbformat.v4.new_output("stream", name="stdout", text=f"{shown}\n")] if shown else []
            cell.outputs = [*stream, *others]
    notebook.metadata.pop("widgets", None)
    return notebook


def _small(output: Any) -> Any:
    """Return an output with its picture as JPEG: photos are a tenth of the size."""
    if png := output.get("data", {}).pop("image/png", None):
        file = io.BytesIO()
        Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB").save(file, "JPEG", quality=80)
        output.data["image/jpeg"] = base64.b64encode(file.getvalue()).decode()
    return output


def main() -> None:
    """Execute the notebook and write it with its outputs."""
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            notebook = tidied(execute(Path(scratch)))
        except RuntimeError as error:
            sys.exit(str(error))
    nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
