"""Summarize a collection as tables."""

from rich.table import Table

from training.data.taxonomy import Taxonomy
from training.feedback.collect import CollectionResult
from training.feedback.correction import PHOTOS


def counts(collected: CollectionResult) -> Table:
    """Return the number of corrections: all, without consent, skipped, collected."""
    rows = Table("corrections", "")
    rows.columns[1].justify = "right"
    used = sum(there for there, _ in collected.folders().values())
    rows.add_row("all", str(collected.without_consent + len(collected.outcomes)))
    rows.add_row("without consent", str(collected.without_consent))
    for reason, photos in collected.skipped().most_common():
        rows.add_row(reason, str(photos))
    rows.add_row("in the folder", str(used), style="bold")
    return rows


def folders(collected: CollectionResult) -> Table:
    """Return the number of photos in each folder."""
    rows = Table("folder", "photos", "new")
    for column in rows.columns[1:]:
        column.justify = "right"
    for folder, (there, new) in collected.folders().items():
        rows.add_row(str(folder), str(there), str(new))
    return rows


def unknown_species(collected: CollectionResult, taxonomy: Taxonomy) -> list[str]:
    """Return the species with photos that are not in the taxonomy."""
    classes = [folder.name for folder in collected.folders() if folder.parent == PHOTOS]
    return [name for name in classes if not taxonomy.knows(name)]
