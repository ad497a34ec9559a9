"""The species of class folders."""

import unicodedata

from frond.manifest import SpeciesLabel
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError


def species_of_folders(folders: list[str], taxonomy: Taxonomy, name: str) -> list[SpeciesLabel]:
    """Return the species of every class folder of a source.

    Raises
    ------
    training.errors.TrainingError
        There are fewer than two folders, or two of one species.
    """
    if len(folders) < 2:
        raise TrainingError(
            f"{name} has readable photos in {len(folders)} class folders; a data set needs two."
        )
    species = [taxonomy.find(folder) for folder in folders]
    by_slug: dict[str, list[str]] = {}
    for folder, each in zip(folders, species, strict=True):
        by_slug.setdefault(each.slug, []).append(folder)
    clashes = [same for same in by_slug.values() if len(same) > 1]
    if clashes:
        named = "; ".join(_distinguished(same) for same in clashes)
        raise TrainingError(f"Two class folders name the same species: {named}. Put their photos into one.")
    return species


def _distinguished(folders: list[str]) -> str:
    """Return folder names in one line; with their Unicode form if they look alike."""
    if len({unicodedata.normalize("NFC", folder) for folder in folders}) == len(folders):
        return ", ".join(folders)
    return ", ".join(
        f"{folder} ({'NFC' if unicodedata.is_normalized('NFC', folder) else 'NFD'}, {folder!a})"
        for folder in folders
    )
