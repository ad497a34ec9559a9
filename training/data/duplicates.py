"""Near-duplicates: photos that differ only by a shift, a crop or compression.

Each image becomes a 256-bit difference hash (whether each of 16 × 16 grey cells is brighter than its
right neighbour); two are near-duplicates when few bits differ. A group of them must stay in one
split, otherwise training photos leak into the test split.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

HASH_SIDE = 16
# Of 256 bits. Seen on 4,431 seedlings: two photos differ in 128 ± 9 bits; each of the 49 pairs within
# 48 bits shows one plant twice; beyond, pairs of different plants in equal pots appear.
MAX_DISTANCE = 48
# Distances of a block, which bound the memory: 300 MB where all photos look alike.
CELLS_AT_ONCE = 2**22

Pairs = NDArray[np.int64]


def difference_hash(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the difference hash of an image ``uint8[H, W, 3]`` as ``uint64[4]``."""
    grey = Image.fromarray(pixels).convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX)
    cells = np.asarray(grey, dtype=np.int16)
    bits = np.packbits(cells[:, 1:] > cells[:, :-1])
    return bits.view(np.uint64)


def near_duplicate_groups(hashes: NDArray[np.uint64], max_distance: int = MAX_DISTANCE) -> NDArray[np.int64]:
    """Return a group number for each hash; near-duplicates, and chains of them, share a group.

    Parameters
    ----------
    hashes
        ``uint64[N, 4]``.
    max_distance
        Number of the 256 bits that may differ.
    """
    return connected_groups(near_duplicate_pairs(hashes, max_distance), len(hashes))


def near_duplicate_pairs(hashes: NDArray[np.uint64], max_distance: int = MAX_DISTANCE) -> Iterator[Pairs]:
    """Yield the indices of every two near-duplicates, ``int64[2, P]``, in blocks; the smaller index first."""
    for start, rows in blocks(len(hashes)):
        distances = np.zeros((len(rows), len(hashes) - start), dtype=np.uint16)
        for word in range(hashes.shape[1]):
            distances += np.bitwise_count(hashes[rows, None, word] ^ hashes[None, start:, word])
        yield later_pairs(distances <= max_distance, start)


def blocks(count: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield the first index and all indices of blocks of rows, so that a block's pairs fit in memory."""
    size = max(1, CELLS_AT_ONCE // max(count, 1))
    for start in range(0, count, size):
        yield start, np.arange(start, min(start + size, count))


def later_pairs(near: NDArray[np.bool_], start: int) -> Pairs:
    """Return the pairs of a block ``bool[rows, photos from start on]``, each with the smaller index first."""
    left, right = np.nonzero(np.triu(near, 1))
    return np.stack([left + start, right + start])


def connected_groups(pairs: Iterable[Pairs], count: int) -> NDArray[np.int64]:
    """Return a group number for each of ``count`` photos; pairs, and chains of them, share a group.

    Groups are numbered by their first photo. The pairs come in blocks, and only one is in memory.
    """
    groups = np.arange(count)
    for left, right in pairs:
        if left.size:
            edges = np.ones(len(left), dtype=bool), (groups[left], groups[right])
            joined = connected_components(coo_array(edges, shape=(count, count)), directed=False)[1]
            groups = joined[groups]
    _, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[numbers]
