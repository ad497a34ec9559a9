"""Rendering of the page and the model card from two templates."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from training.artifacts.files import REPORT_NAME
from training.atomic_write import atomic_write
from training.report import figures, formatting
from training.report.findings import confusions, weakest
from training.report.inputs import ReportInputs
from training.report.overlay import overlays
from training.reproduction.commands import list_commands

PAGE_NAME, CARD_NAME = "index.html", "MODEL_CARD.md"
FILTERS: tuple[Callable[..., str], ...] = (
    formatting.percent,
    formatting.interval,
    formatting.p_value,
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
    """A section of the page; its template has the same name. It is left out where its content is empty."""

    name: str
    title: str
    content: Callable[[ReportInputs], object] = lambda inputs: inputs.metrics


SECTIONS = (
    Section("species", "Metrics by species"),
    Section("confusions", "Confusion matrix"),
    Section("mistakes", "The worst mistakes", lambda inputs: inputs.examples and inputs.examples.mistakes),
    Section(
        "class-activation-maps",
        "Class activation maps",
        lambda inputs: inputs.examples and inputs.examples.typical,
    ),
    Section("calibration", "Calibration"),
    Section("out-of-distribution", "Out-of-distribution photos"),
    Section(
        "test-time-augmentation", "Test-time augmentation", lambda inputs: inputs.tta and inputs.tta.trials
    ),
    Section("multi-image", "Several photos of one plant", lambda inputs: inputs.metrics.multi_image),
    Section("external", "External test sets", lambda inputs: inputs.external),
    Section("quantization", "Quantization", lambda inputs: inputs.quantization),
    Section("speed", "Speed and size"),
    Section("data-set", "Data set", lambda inputs: inputs.card),
    Section("learning-curves", "Learning curves", lambda inputs: inputs.history),
    Section("training", "Training settings"),
    Section("limitations", "Limitations"),
)


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """The page and the model card of a model."""

    page: str
    card: str

    def write(self, directory: Path) -> None:
        """Write the page and the card to a model's folder."""
        (directory / REPORT_NAME).mkdir(exist_ok=True)
        atomic_write(directory / REPORT_NAME / PAGE_NAME, self.page)
        atomic_write(directory / CARD_NAME, self.card)


def render_report(inputs: ReportInputs) -> RenderedReport:
    """Render the page and the model card, without writing them."""
    return RenderedReport(render_page(inputs), render_card(inputs))


def render_page(inputs: ReportInputs) -> str:
    """Render the report as a self-contained HTML page."""
    return _environment().get_template("page.html.j2").render(_context(inputs))


def render_card(inputs: ReportInputs) -> str:
    """Render the model card in Markdown (Mitchell et al. 2019, arXiv:1810.03993)."""
    return _environment().get_template("card.md.j2").render(_context(inputs))


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


def _context(inputs: ReportInputs) -> dict[str, Any]:
    """Return the variables of the templates."""
    labels = inputs.manifest.labels
    return {
        "manifest": inputs.manifest,
        "metrics": inputs.metrics,
        "examples": inputs.examples,
        "card": inputs.card,
        "external": inputs.external,
        "commands": list_commands(inputs.card, inputs.settings, inputs.manifest.input.size),
        "history": inputs.history,
        "quantization": inputs.quantization,
        "int8_loss": inputs.int8_loss,
        "ood_benchmark": inputs.ood_benchmark,
        "biases": inputs.biases,
        "tta": inputs.tta,
        "calibration": inputs.calibration,
        "settings": _Settings.of(inputs.settings or {}),
        "species": {species.slug: species for species in labels},
        "weakest": weakest(inputs.metrics, labels),
        "confusions": confusions(inputs.metrics, labels),
        "sections": [section for section in SECTIONS if section.content(inputs)],
        "figures": figures,
        "overlays": overlays,
    }


@dataclass(frozen=True, slots=True)
class _Settings:
    """Settings of a run: single values, and tables of the ones with a value for each stage."""

    values: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]]

    def rows(self, table: str) -> list[str]:
        """Return the names of a table's rows: those of any column, except the name in its heading."""
        return list(dict.fromkeys(name for column in self.tables[table] for name in column if name != "name"))

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "_Settings":
        # The section on the data set shows the fingerprint, and the commands show the earlier runs.
        shown = {k: v for k, v in settings.items() if k not in {"dataset_fingerprint", "initial_weights"}}
        values = formatting.flat(shown)
        tables = {
            name: [formatting.flat(row) for row in rows]
            for name, rows in values.items()
            if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)
        }
        return cls({name: value for name, value in values.items() if name not in tables}, tables)
