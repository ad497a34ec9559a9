"""Out-of-distribution sets: folders of photos that the model should not identify."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier, Inference
from frond.image_quality import Issue
from frond.preprocessing import read_photo
from frond.problems import Problem
from training.data.card import BadFile
from training.data.sources import is_passed_over
from training.errors import TrainingError
from training.progress import track


@dataclass(frozen=True, slots=True)
class OodSet:
    """The model's outputs for every readable photo of a folder, and the unreadable files."""

    sources: list[str] = field(default_factory=list)
    inferences: list[Inference] = field(default_factory=list)
    unreadable: list[BadFile] = field(default_factory=list)

    @property
    def logits(self) -> NDArray[np.float32]:
        """Of every readable photo, ``float32[N, K]``."""
        return np.stack([inference.logits for inference in self.inferences])

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """Of every readable photo, ``float32[N, E]``."""
        return np.stack([inference.embedding for inference in self.inferences])

    @property
    def issues(self) -> tuple[tuple[Issue, ...], ...]:
        """Of every readable photo, its quality issues."""
        return tuple(inference.issues for inference in self.inferences)


def named_folders(pairs: Iterable[str]) -> dict[str, Path]:
    """Parse ``NAME=FOLDER`` options into folders by name.

    Raises
    ------
    training.errors.TrainingError
        An option is not of that form, or repeats a name.
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
    """List every file below each folder, sorted, without hidden ones.

    Raises
    ------
    training.errors.TrainingError
        A folder does not exist or is empty.
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


def infer_ood_set(classifier: Classifier, name: str, folder: Path, files: list[Path]) -> OodSet:
    """Preprocess each file as in serving and run it through the model.

    Raises
    ------
    training.errors.TrainingError
        None of the files is a readable photo.
    """
    result = OodSet()
    for path in track(files, len(files), f"Classifying {name}"):
        source = path.relative_to(folder).as_posix()
        try:
            photo = read_photo(path.read_bytes(), classifier.manifest.input)
        except (Problem, OSError) as error:
            result.unreadable.append(BadFile(source=source, reason=str(error)))
        else:
            result.sources.append(source)
            # Without the evidence, which is not needed and would fill the memory.
            result.inferences.append(replace(classifier.infer(photo.pixels), evidence=None))
    if not result.sources:
        raise TrainingError(
            f"--unknown {name}: none of the {len(files)} files in {folder} is a readable photo."
        )
    return result


def _hidden(path: Path, folder: Path) -> bool:
    return any(map(is_passed_over, path.relative_to(folder).parts))
