"""Photos that the model should not identify: other plants, other things."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier, Inference
from frond.preprocessing import read_photo
from frond.problems import Problem
from training.data.card import BadFile
from training.errors import TrainingError
from training.progress import track


@dataclass(frozen=True, slots=True)
class Strangers:
    """What the network said of every readable photo below a folder, and which ones were not readable."""

    sources: list[str] = field(default_factory=list)
    said: list[Inference] = field(default_factory=list)
    unreadable: list[BadFile] = field(default_factory=list)

    @property
    def logits(self) -> NDArray[np.float32]:
        """Of every readable photo, ``float32[N, K]``."""
        return np.stack([inference.logits for inference in self.said])

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """Of every readable photo, ``float32[N, E]``."""
        return np.stack([inference.embedding for inference in self.said])


def named_folders(pairs: Iterable[str]) -> dict[str, Path]:
    """Return ``NAME=FOLDER`` texts as folders by name.

    Raises
    ------
    training.errors.TrainingError
        A text is not of that form, a name comes twice, or a folder is not there.
    """
    folders: dict[str, Path] = {}
    for pair in pairs:
        name, _, folder = pair.partition("=")
        if not name or not folder:
            raise TrainingError(f"{pair!r} names no folder; write --unknown NAME=FOLDER.")
        if name in folders:
            raise TrainingError(f"--unknown {name} was given twice; give each folder a name of its own.")
        folders[name] = Path(folder)
    return folders


def files_below(folders: Mapping[str, Path]) -> dict[str, list[Path]]:
    """Return every file below each folder, sorted; hidden ones left out.

    Raises
    ------
    training.errors.TrainingError
        A folder is not there, or nothing is in it.
    """
    found = {}
    for name, folder in folders.items():
        if not folder.is_dir():
            raise TrainingError(f"--unknown {name}: {folder} is not a folder.")
        found[name] = sorted(
            path for path in folder.rglob("*") if path.is_file() and not _hidden(path, folder)
        )
        if not found[name]:
            raise TrainingError(f"--unknown {name}: there is no file in {folder}.")
    return found


def meet(classifier: Classifier, name: str, folder: Path, files: list[Path]) -> Strangers:
    """Read each file as serving would and run it through the model.

    Raises
    ------
    training.errors.TrainingError
        None of the files is a readable photo.
    """
    met = Strangers()
    for path in track(files, len(files), f"Classifying {name}"):
        source = path.relative_to(folder).as_posix()
        try:
            photo = read_photo(path.read_bytes(), classifier.manifest.input)
        except (Problem, OSError) as fault:
            met.unreadable.append(BadFile(source=source, reason=str(fault)))
        else:
            met.sources.append(source)
            # The evidence is not needed and would add up.
            met.said.append(replace(classifier.infer(photo.pixels), evidence=None))
    if not met.sources:
        raise TrainingError(
            f"--unknown {name}: none of the {len(files)} files in {folder} is a readable photo."
        )
    return met


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
