"""The report of a model: an HTML page and a model card, rendered from the JSON files in ``report/``."""

from training.report.inputs import ReportInputs, read_inputs
from training.report.render import CARD_NAME, PAGE_NAME, RenderedReport, render_report

__all__ = ["CARD_NAME", "PAGE_NAME", "RenderedReport", "ReportInputs", "read_inputs", "render_report"]
