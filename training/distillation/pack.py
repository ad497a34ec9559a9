"""Pack a data set and ImageNet's weights into a kit for the accelerator."""

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.model_selection import StratifiedGroupKFold

from training.data.background import BackgroundCrops
from training.data.dataset import Dataset
from training.distillation.keras_weights import named_weights
from training.distillation.kit import PHOTOS_NAME, STATISTIC, WEIGHTS_NAME, save_arrays, write_photos
from training.errors import TrainingError
from training.networks.backbones import find_backbone
from training.progress import track

QUALITY = 92


def pack(dataset: Dataset, photos: Path, weights: str, kit: Path, folds: int, seed: int) -> int:
    """Write a kit; return its size in bytes.

    Test photos stay at home, so nothing that is trained with the kit can know them.

    Parameters
    ----------
    photos
        The folder that the data set was prepared from; a photo that is not there is compressed again.
    weights
        ``imagenet``, or a file of the same layout.
    folds
        Number of teachers: each is trained without one fold of the training photos.

    Raises
    ------
    training.errors.TrainingError
        The kit exists, or the weights cannot be read.
    """
    if (kit / PHOTOS_NAME).exists():
        raise TrainingError(f"{kit} holds a kit already; remove it or name another folder.")
    chosen = [
        place for place, row in enumerate(dataset.rows) if row.split != "test" and dataset.labels[place] >= 0
    ]
    splits = [dataset.rows[place].split for place in chosen]
    labels = dataset.labels[chosen]
    groups = np.array([dataset.rows[place].group for place in chosen])
    position = {place: number for number, place in enumerate(chosen)}
    windows = BackgroundCrops(dataset.pictures, np.array(chosen)).windows
    files = [_file(dataset, photos, place) for place in track(chosen, len(chosen), "Packing")]
    write_photos(
        kit,
        files,
        {
            "labels": labels.tolist(),
            "splits": splits,
            "folds": _folds(labels, groups, np.array(splits) == "train", folds, seed).tolist(),
            "hashes": [dataset.rows[place].sha256 for place in chosen],
            "windows": [[position[w.picture], w.top, w.left, w.side] for w in windows],
            "classes": len(dataset.card.species),
        },
    )
    _write_weights(weights, kit / WEIGHTS_NAME)
    return sum(file.stat().st_size for file in kit.iterdir())


def _file(dataset: Dataset, photos: Path, place: int) -> bytes:
    """Return the photo's own file where it decodes to the data set's picture, else a new JPEG."""
    picture, path = dataset.pictures[place], photos / dataset.rows[place].source
    if path.is_file():
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            if image.size == picture.shape[1::-1] and np.array_equal(
                np.asarray(image.convert("RGB")), picture
            ):
                return data
    compressed = io.BytesIO()
    Image.fromarray(picture).save(compressed, "JPEG", quality=QUALITY)
    return compressed.getvalue()


def _folds(
    labels: NDArray[np.int64], groups: NDArray[np.int64], training: NDArray[np.bool_], folds: int, seed: int
) -> NDArray[np.int64]:
    """Return each training photo's fold, with a group in one fold; -1 for others."""
    found = np.full(len(labels), -1)
    places = np.flatnonzero(training)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A species with fewer photos than folds is missing in some.
        warnings.simplefilter("ignore", UserWarning)
        for fold, (_, held_out) in enumerate(splitter.split(places, labels[places], groups[places])):
            found[places[held_out]] = fold
    return found


def _write_weights(source: str, path: Path) -> None:
    xception = find_backbone("xception")
    backbone = xception.build(xception.min_size)
    try:
        backbone.set_weights(xception.imagenet_weights(source))
    except Exception as error:  # h5py, Keras and the download raise many types
        raise TrainingError(f"{source} does not hold the weights of xception: {error}") from error
    weights, statistics = named_weights(backbone)
    save_arrays(path, weights | {f"{STATISTIC}{name}": value for name, value in statistics.items()})
