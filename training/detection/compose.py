"""Compose a set of scenes: photos, and their boxes as Pascal VOC files."""

import json
import multiprocessing
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data.background import BackgroundCrops, advice, green_share
from training.data.dataset import Dataset, sample
from training.data.split import SPLITS, Split
from training.detection.annotations import PLANT, AnnotatedPhoto
from training.detection.cut_outs import CutOut, cut_out
from training.detection.scene_config import SceneConfig
from training.detection.scenes import SceneAssets, compose_scene
from training.detection.voc import SPLIT_LISTS, format_voc
from training.errors import TrainingError
from training.progress import track

# Photos of one species and squares of bare ground of a split that are cut out, at most.
CUT_OUTS, SQUARES = 500, 400
QUALITY = 92


def compose(
    named: Sequence[Path],
    unnamed: Sequence[Path],
    directory: Path,
    counts: dict[Split, int],
    config: SceneConfig,
    seed: int,
    workers: int,
) -> dict[str, dict[str, int]]:
    """Compose scenes into a new folder; return how many cut-outs each class has, by split.

    A scene is made of photos of its own split only. The same seed gives the same scenes. The folder appears
    only when it is complete.

    Parameters
    ----------
    named
        Data sets from ``training prepare``, whose species are the classes.
    unnamed
        Data sets of plants that have no class: they are labelled ``plant``.
    counts
        Number of scenes by split.

    Raises
    ------
    training.errors.TrainingError
        The folder exists, or no plant could be cut out for a split.
    """
    if directory.exists():
        raise TrainingError(f"{directory} exists already; remove it or name another folder.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".compose-") as scratch:
        draft = Path(scratch) / "scenes"
        for folder in ("JPEGImages", "Annotations", "ImageSets/Main"):
            (draft / folder).mkdir(parents=True)
        for split in SPLITS:
            if counts[split]:
                assets = gather_assets(named, unnamed, split, seed)
                for label, cut_outs in assets.plants.items():
                    found[label][split] = len(cut_outs)
                _write_scenes(assets, draft, split, counts[split], config, seed, workers)
        settings = {"config": asdict(config), "seed": seed, "scenes": counts, "cut_outs": found}
        (draft / "composition.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
        draft.rename(directory)
    return found


def gather_assets(named: Sequence[Path], unnamed: Sequence[Path], split: Split, seed: int) -> SceneAssets:
    """Cut plants and bare ground out of the photos of a split.

    Raises
    ------
    training.errors.TrainingError
        No plant could be cut out.
    """
    plants: dict[str, list[CutOut]] = defaultdict(list)
    ground: list[NDArray[np.uint8]] = []
    for folder, has_names in [(path, True) for path in named] + [(path, False) for path in unnamed]:
        dataset = Dataset(folder)
        indices = dataset.indices(split)
        for number, species in enumerate(dataset.card.species):
            label = species.slug if has_names else PLANT
            of_species = indices[dataset.labels[indices] == number]
            chosen = sample(of_species, CUT_OUTS, seed)
            cut = (cut_out(dataset.pictures[index]) for index in chosen)
            plants[label] += [each for each in cut if each]
        # Where plants are not green, a square without green may be a piece of one.
        if advice(green_share(dataset.pictures, indices)) is None:
            crops = BackgroundCrops(dataset.pictures, sample(indices, SQUARES, seed))
            ground += [crops.enlarged(window) for window in crops.windows]
    plants = {label: cut_outs for label, cut_outs in plants.items() if cut_outs}
    if not plants:
        raise TrainingError(f"No plant stands out from its background in the {split} photos.")
    return SceneAssets(plants, ground)


def _write_scenes(
    assets: SceneAssets,
    draft: Path,
    split: Split,
    count: int,
    config: SceneConfig,
    seed: int,
    workers: int,
) -> None:
    with tempfile.TemporaryDirectory(prefix="frond-assets-") as folder:
        path = Path(folder) / "assets.npz"
        _save(assets, path)
        write = partial(_write_scene, path, draft, split, config, seed)
        names = list(track(_mapped(write, count, workers), count, f"Composing {split} scenes"))
    (draft / "ImageSets/Main" / f"{SPLIT_LISTS[split]}.txt").write_text(
        "".join(f"{name}\n" for name in names), encoding="utf-8"
    )


def _mapped(write: "partial[str]", count: int, workers: int) -> Iterator[str]:
    if workers == 1:
        yield from map(write, range(count))
        return
    # Forking a process with threads can deadlock.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(write, range(count), chunksize=8)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def _write_scene(assets: Path, draft: Path, split: Split, config: SceneConfig, seed: int, number: int) -> str:
    random = np.random.default_rng([seed, SPLITS.index(split), number])
    picture, boxes = compose_scene(_load(assets), config, random)
    name = f"{split}_{number:05d}"
    photo = f"JPEGImages/{name}.jpg"
    Image.fromarray(picture).save(draft / photo, quality=QUALITY, subsampling=0)
    height, width = picture.shape[:2]
    annotation = format_voc(AnnotatedPhoto(photo, width, height, boxes))
    (draft / "Annotations" / f"{name}.xml").write_text(annotation, encoding="utf-8")
    return name


def _save(assets: SceneAssets, path: Path) -> None:
    """Write the assets for the worker processes, which load them once each."""
    arrays = {f"ground/{number:05d}": square for number, square in enumerate(assets.ground)}
    for label, cut_outs in assets.plants.items():
        arrays |= {f"plants/{label}/{number:05d}": cut.pixels for number, cut in enumerate(cut_outs)}
    np.savez(path, allow_pickle=False, **arrays)


@cache
def _load(path: Path) -> SceneAssets:
    plants: dict[str, list[CutOut]] = defaultdict(list)
    ground = []
    with np.load(path) as arrays:
        for name in arrays.files:
            kind, *label, _ = name.split("/")
            if kind == "ground":
                ground.append(arrays[name])
            else:
                plants["/".join(label)].append(CutOut(arrays[name]))
    return SceneAssets(plants, ground)
