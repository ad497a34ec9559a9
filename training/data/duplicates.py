"""Near-duplicates: photos that differ only by a shift, a crop or compression.

Each image becomes a 256-bit difference hash (whether each of 16 × 16 grey cells is brighter than its
right neighbour); two are near-duplicates when few bits differ. A group of them must stay in one
split, otherwise training photos leak into the test split.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

HASH_SIDE = 16
# Of 256 bits. Seen on 4,431 seedlings: two photos differ in 128 ± 9 bits; each of the 49 pairs within
# 48 bits shows one plant twice; beyond, pairs of different plants in equal pots appear.
MAX_DISTANCE = 48
ROWS_AT_ONCE = 512


def difference_hash(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the difference hash of an image ``uint8[H, W, 3]`` as ``uint64[4]``."""
    grey = Image.fromarray(pixels).convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX)
    cells = np.asarray(grey, dtype=np.int16)
    bits = np.packbits(cells[:, 1:] > cells[:, :-1])
    return bits.view(np.uint64)


def near_duplicate_groups(hashes: NDArray[np.uint64], max_distance: int = MAX_DISTANCE) -> NDArray[np.int32]:
    """Return a group number for each hash; near-duplicates, and chains of them, share a group.

    Parameters
    ----------
    hashes
        ``uint64[N, 4]``.
    max_distance
        Number of the 256 bits that may differ.
    """
    return connected_groups(near_duplicate_pairs(hashes, max_distance), len(hashes))


def near_duplicate_pairs(hashes: NDArray[np.uint64], max_distance: int = MAX_DISTANCE) -> NDArray[np.int64]:
    """Return the indices of every two near-duplicates, ``int64[2, P]``.

    Each pair is there in both orders, and each photo with itself.
    """
    pairs = [_near(hashes, start, max_distance) for start in range(0, len(hashes), ROWS_AT_ONCE)]
    return np.concatenate(pairs, axis=1) if pairs else np.empty((2, 0), dtype=np.int64)


def connected_groups(pairs: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    """Return a group number for each of ``count`` photos; pairs, and chains of them, share a group."""
    graph = coo_array((np.ones(pairs.shape[1], dtype=bool), tuple(pairs)), shape=(count, count))
    groups: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return groups


def _near(hashes: NDArray[np.uint64], start: int, max_distance: int) -> NDArray[np.int64]:
    rows = hashes[start : start + ROWS_AT_ONCE]
    distances = np.zeros((len(rows), len(hashes)), dtype=np.uint16)
    for word in range(hashes.shape[1]):
        distances += np.bitwise_count(rows[:, None, word] ^ hashes[None, :, word])
    left, right = np.nonzero(distances <= max_distance)
    return np.stack([left + start, right])
