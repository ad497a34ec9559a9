"""Out-of-fold probabilities: each photo is predicted by a model that was not trained on it or its group."""

import warnings
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from frond.ood_scores import softmax
from training.data.dataset import Dataset
from training.errors import TrainingError

FOLDS = 5


def cross_validate(
    embeddings: NDArray[np.float32], labels: NDArray[np.int64], groups: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    """Return the probabilities ``float64[N, K]`` by logistic regression, cross-validated over groups.

    Parameters
    ----------
    embeddings
        ``float32[N, E]``.
    labels, groups
        Class and group of each photo, ``int64[N]``.

    Raises
    ------
    training.errors.TrainingError
        There are too few groups.
    """
    if len(np.unique(groups)) < FOLDS:
        raise TrainingError(f"Label errors are found among {FOLDS} groups of photos or more.")
    probabilities = np.zeros((len(labels), classes))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1)
    with warnings.catch_warnings():
        # It warns of classes with fewer photos than folds, which stay unpredicted.
        warnings.simplefilter("ignore", UserWarning)
        parts = list(folds.split(embeddings, labels, groups))
    for train, held_out in parts:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(embeddings[train], labels[train])
        probabilities[np.ix_(held_out, model.classes_)] = model.predict_proba(embeddings[held_out])
    return probabilities


def read_out_of_fold(path: Path, dataset: Dataset) -> NDArray[np.float64]:
    """Return the probabilities ``float64[N, K]`` of a data set's photos; NaN for photos not in the file.

    Parameters
    ----------
    path
        An ``.npz`` file with the arrays ``photos`` (sha256 in hex), ``logits`` (``float32[M, K]``) and
        ``labels`` (``int[M]``, the species' order of the data set).

    Raises
    ------
    training.errors.TrainingError
        The file has another form, or no photo of the data set.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            photos, logits, labels = arrays["photos"], arrays["logits"], arrays["labels"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{path} holds no out-of-fold logits ({error}); it needs the arrays photos, logits and labels."
        ) from error
    classes = len(dataset.card.species)
    if logits.shape != (len(photos), classes) or labels.shape != (len(photos),):
        raise TrainingError(
            f"{path} has logits {logits.shape} and labels {labels.shape} for {len(photos)} photos of "
            f"{classes} species."
        )
    known = dict(zip(map(_text, photos.tolist()), softmax(logits.astype(np.float64)), strict=True))
    nothing = np.full(classes, np.nan)
    found = np.stack([known.get(row.sha256, nothing) for row in dataset.rows])
    if np.isnan(found).all():
        raise TrainingError(f"{path} has no photo of {dataset.directory}.")
    return found


def _text(photo: str | bytes) -> str:
    return photo.decode() if isinstance(photo, bytes) else photo
