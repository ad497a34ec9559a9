"""Photos of other origin as a test set; their species may be a part of a model's."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frond.manifest import SpeciesLabel
from training.data.dataset import Dataset
from training.errors import TrainingError


class ExternalDataset(Dataset):
    """A prepared data set whose photos are all test photos, with the labels of a model.

    Parameters
    ----------
    directory
        The folder from ``prepare``.
    species
        The model's species, in the order of its logits.

    Raises
    ------
    training.errors.TrainingError
        The folder holds no data set, or one with other species.
    """

    def __init__(self, directory: Path, species: Sequence[SpeciesLabel]) -> None:
        super().__init__(directory)
        slugs, own = [each.slug for each in species], [each.slug for each in self.card.species]
        unknown = sorted(set(own) - set(slugs))
        if unknown:
            raise TrainingError(
                f"{directory} holds {', '.join(unknown)}, which the model does not know; prepare it without "
                "them, and give their photos to --unknown."
            )
        self._places = [slugs.index(slug) for slug in own]
        self.rows = [replace(row, split="test") for row in self.rows]
        none = {"train": 0, "validation": 0, "test": 0}
        counts = {slug: none | {"test": sum(self.card.counts.get(slug, none).values())} for slug in slugs}
        self.card = self.card.model_copy(update={"species": list(species), "counts": counts})

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """The model's class index of every image, ``int64[N]``."""
        return np.array([self._places[row.label] for row in self.rows], dtype=np.int64)
