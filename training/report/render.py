"""The page and the model card: one set of numbers, two templates."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from training.atomic_write import write_whole
from training.report import figures, formatting
from training.report.findings import confusions, weakest
from training.report.inputs import REPORT_NAME, Material
from training.report.overlay import overlays

PAGE_NAME, CARD_NAME = "index.html", "MODEL_CARD.md"
FILTERS: tuple[Callable[..., str], ...] = (
    formatting.percent,
    formatting.difference,
    formatting.count,
    formatting.score,
    formatting.megabytes,
    formatting.milliseconds,
    formatting.date,
    formatting.setting,
    formatting.common,
    formatting.markdown,
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page; its template has its name."""

    name: str
    title: str
    material: Callable[[Material], object] = lambda material: material.metrics


SECTIONS = (
    Section("species", "Species by species"),
    Section("confusions", "What is taken for what"),
    Section("mistakes", "The worst mistakes", lambda m: m.exhibits and m.exhibits.mistakes),
    Section("evidence", "Where it looked", lambda m: m.exhibits and m.exhibits.examples),
    Section("calibration", "What a confidence is worth"),
    Section("abstention", "When it gives no answer"),
    Section("second-look", "A second look", lambda m: m.second_look and m.second_look.trials),
    Section("several", "Several photos of one plant", lambda m: m.metrics.fusion),
    Section("quantization", "From float to int8", lambda m: m.quantization),
    Section("speed", "Speed and size"),
    Section("data", "The data", lambda m: m.card),
    Section("curves", "How it learned", lambda m: m.history),
    Section("training", "How it was trained"),
    Section("fine-print", "Fine print"),
)


@dataclass(frozen=True, slots=True)
class Papers:
    """What is written about a model."""

    page: str
    card: str

    def write(self, directory: Path) -> None:
        """Put the papers into a model's folder."""
        (directory / REPORT_NAME).mkdir(exist_ok=True)
        write_whole(directory / REPORT_NAME / PAGE_NAME, self.page)
        write_whole(directory / CARD_NAME, self.card)


def make_papers(material: Material) -> Papers:
    """Return the page and the card of a model; nothing is written."""
    return Papers(make_page(material), make_card(material))


def make_page(material: Material) -> str:
    """Return the report, one HTML page that needs nothing but itself."""
    return _environment().get_template("page.html.j2").render(_told(material))


def make_card(material: Material) -> str:
    """Return the model card, in Markdown (Mitchell et al. 2019, arXiv:1810.03993)."""
    return _environment().get_template("card.md.j2").render(_told(material))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {filter_.__name__: filter_ for filter_ in FILTERS} | {"titled": formatting.title}
    return environment


def _told(material: Material) -> dict[str, Any]:
    labels = material.manifest.labels
    return {
        "manifest": material.manifest,
        "metrics": material.metrics,
        "exhibits": material.exhibits,
        "card": material.card,
        "history": material.history,
        "quantization": material.quantization,
        "int8_loss": material.int8_loss,
        "abstention": material.abstention,
        "biases": material.biases,
        "second_look": material.second_look,
        "settings": _Settings.of(material.settings or {}),
        "species": {species.slug: species for species in labels},
        "weakest": weakest(material.metrics, labels),
        "confusions": confusions(material.metrics, labels),
        "sections": [section for section in SECTIONS if section.material(material)],
        "figures": figures,
        "overlays": overlays,
    }


@dataclass(frozen=True, slots=True)
class _Settings:
    """Settings of a run: single values, and tables of those that have one for each stage."""

    values: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]]

    def rows(self, table: str) -> list[str]:
        """Return the rows of a table: not all columns tell the same, and their name is their head."""
        return list(dict.fromkeys(name for column in self.tables[table] for name in column if name != "name"))

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "_Settings":
        # The fingerprint is told with the data.
        values = {k: v for k, v in formatting.flat(settings).items() if k != "dataset_fingerprint"}
        tables = {
            name: [formatting.flat(row) for row in rows]
            for name, rows in values.items()
            if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)
        }
        return cls({name: value for name, value in values.items() if name not in tables}, tables)
