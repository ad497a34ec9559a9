"""The page to accept or reject suspects: one HTML file that needs no network and saves a list as CSV."""

import base64
import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from numpy.typing import NDArray
from PIL import Image

from frond.csv_cell import neutralize
from training.cleaning.suspects import Suspect
from training.data.dataset import Dataset

TEMPLATE_NAME = "page.html.j2"
MAX_SIDE = 224


def render_page(dataset: Dataset, suspects: Sequence[Suspect]) -> str:
    """Render the suspects with their photos."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = [
        {
            "suspect": suspect,
            "source": dataset.rows[suspect.photo].source,
            "cell": neutralize(dataset.rows[suspect.photo].source),
            "split": dataset.rows[suspect.photo].split,
            "image": _data_uri(dataset.pictures[suspect.photo]),
        }
        for suspect in suspects
    ]
    folders = [{"name": folder, "cell": neutralize(folder)} for folder in dataset.card.folders]
    return environment.get_template(TEMPLATE_NAME).render(card=dataset.card, rows=rows, folders=folders)


def suspects_csv(dataset: Dataset, suspects: Sequence[Suspect]) -> str:
    """Return the suspects as CSV, a row a photo."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["source", "given", "suggested", "reason", "margin"])
    for suspect in suspects:
        cells = (dataset.rows[suspect.photo].source, suspect.given, suspect.suggested)
        margin = "" if suspect.margin is None else f"{suspect.margin:.4f}"
        lines.writerow([*map(neutralize, cells), suspect.reason, margin])
    return text.getvalue()


def _data_uri(picture: NDArray[np.uint8]) -> str:
    photo = Image.fromarray(picture)
    photo.thumbnail((MAX_SIDE, MAX_SIDE))
    data = io.BytesIO()
    photo.save(data, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}"
