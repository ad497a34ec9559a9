"""The report of a model: one page and one card, made from the JSON files beside it."""

from training.report.inputs import Material, read_material
from training.report.render import CARD_NAME, PAGE_NAME, Papers, make_papers

__all__ = ["CARD_NAME", "PAGE_NAME", "Material", "Papers", "make_papers", "read_material"]
