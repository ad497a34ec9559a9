"""Near-duplicates by image registration: shifted, zoomed, turned and mirrored photos of one plant.

Difference hashes compare cell by cell, so a shift of a few per cent hides a copy from them. Here the nearest
neighbours by colour are candidates. A candidate is a copy if the middle of one photo, mirrored, turned and
zoomed a little, is found in the other (template matching by normalized cross-correlation).
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.data.duplicates import Pairs, blocks
from training.progress import track

NEIGHBOURS = 10
# Seen on 40 seedlings: copies that were shifted by 5 %, zoomed by 1.1, turned by 5° or mirrored correlate by
# 0.969 at least, and the best of ten neighbours by 0.911 at most.
MIN_CORRELATION = 0.95
ANGLES = (-6, -3, 0, 3, 6)
ZOOMS = (1 / 1.1, 1, 1.1)
# Pixels: the side of the photo, of the template, and the step between its samples.
SIDE, MIDDLE, STEP = 64, 48, 2
COLOURS, RINGS = 6, (0.36, 0.68, 0.96)

Floats = NDArray[np.float32]


def registered_pairs(pictures: NDArray[np.uint8]) -> Iterator[Pairs]:
    """Yield the indices of images ``uint8[N, S, S, 3]`` that show the same, ``int64[2, P]``, in blocks."""
    descriptors = np.stack([colour_descriptor(picture) for picture in pictures])
    for photo, candidates in track(_neighbours(descriptors), len(pictures), "Comparing photos"):
        templates = _templates(pictures[photo])
        found = [other for other in candidates if _best(templates, pictures[other]) >= MIN_CORRELATION]
        yield np.array([(photo, other) for other in found], dtype=np.int64).reshape(-1, 2).T


def correlation(photo: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the best correlation of the middle of a photo with any place of another, -1 to 1."""
    return _best(_templates(photo), other)


def _best(templates: Floats, other: NDArray[np.uint8]) -> float:
    return float((templates @ _windows(other).T).max())


def colour_descriptor(picture: NDArray[np.uint8]) -> Floats:
    """Return colour histograms of four rings around the middle, of unit length.

    They stay the same when the photo is turned or mirrored, and nearly so when it is shifted or zoomed.
    """
    small = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)
    exposed = small * (110 / max(float(small.mean()), 1))
    levels = np.clip(exposed * (COLOURS / 256), 0, COLOURS - 1).astype(np.int64)
    colours = levels @ (COLOURS**2, COLOURS, 1)
    counts = np.bincount((colours + COLOURS**3 * _RING_OF).ravel(), minlength=COLOURS**3 * (len(RINGS) + 1))
    descriptor: Floats = np.sqrt(counts / colours.size).astype(np.float32)
    return descriptor


def _ring_numbers() -> NDArray[np.int64]:
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    numbers: NDArray[np.int64] = np.digitize(np.hypot(rows, columns) / (SIDE / 2), RINGS)
    return numbers


_RING_OF = _ring_numbers()


def _neighbours(descriptors: Floats) -> Iterator[tuple[int, list[int]]]:
    """Yield each photo with the later ones among its nearest neighbours, and the later ones it is near to."""
    near: list[set[int]] = [set() for _ in descriptors]
    count = min(NEIGHBOURS + 1, len(descriptors))
    for start, rows in blocks(len(descriptors)):
        similarity = descriptors[rows] @ descriptors.T
        nearest = np.argpartition(-similarity, count - 1, axis=1)[:, :count]
        for photo, others in enumerate(nearest.tolist(), start):
            for other in others:
                if other != photo:
                    near[min(photo, other)].add(max(photo, other))
    yield from enumerate(map(sorted, near))


def _grey(picture: NDArray[np.uint8]) -> Image.Image:
    """Return a small grey photo, blurred so that a turn by one degree changes little."""
    small = Image.fromarray(picture).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return small.filter(ImageFilter.BoxBlur(1))


def _templates(picture: NDArray[np.uint8]) -> Floats:
    """Return the middle of a photo in every mirroring, angle and zoom, ``float32[T, P]``."""
    grey = _grey(picture)
    middle = SIDE / 2
    templates = []
    for view in (grey, grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):
        for angle in ANGLES:
            turned = view.rotate(angle, Image.Resampling.BICUBIC)
            for zoom in ZOOMS:
                half = MIDDLE / 2 * zoom
                box = (middle - half, middle - half, middle + half, middle + half)
                resized = turned.resize((MIDDLE, MIDDLE), Image.Resampling.BICUBIC, box=box)
                templates.append(np.asarray(resized, dtype=np.float32)[::STEP, ::STEP].ravel())
    return _normalized(np.stack(templates))


def _windows(picture: NDArray[np.uint8]) -> Floats:
    """Return every place of a photo that a template may lie on, ``float32[W, P]``."""
    places = sliding_window_view(np.asarray(_grey(picture), dtype=np.float32), (MIDDLE, MIDDLE))
    return _normalized(places[:, :, ::STEP, ::STEP].reshape(-1, (MIDDLE // STEP) ** 2))


def _normalized(values: Floats) -> Floats:
    centred = values - values.mean(axis=1, keepdims=True)
    unit: Floats = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return unit
