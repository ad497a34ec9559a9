"""Worker processes draw the textures that this process would draw."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from training.data import texture_pool
from training.data.batches import BatchLoader
from training.data.dataset import Dataset
from training.data.outliers import Outliers
from training.data.texture_pool import TexturePool, draw_textures


def test_workers_draw_the_same_batches(prepared: Dataset) -> None:
    outliers = Outliers(textures=0.5, bare_ground=0.3)
    with TexturePool(1) as pool:
        here, there = (
            BatchLoader(prepared, "train", batch=4, seed=3, outliers=outliers, draw_textures=draw)
            for draw in (draw_textures, pool.draw)
        )
        order = here.order(0)
        with ThreadPoolExecutor(2) as threads:
            found = list(threads.map(lambda step: there.batch(0, step, order[step]), range(len(order))))
    for step, batch in enumerate(found):
        assert np.array_equal(batch.pictures, here.batch(0, step, order[step]).pictures)


def test_a_killed_worker_is_replaced_by_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with TexturePool(1) as pool:
        pool.draw(1, 8, np.random.default_rng(1))
        [worker] = pool._pool._processes
        os.kill(worker, signal.SIGKILL)
        textures, after = pool.draw(2, 8, np.random.default_rng(1))
    expected, random = texture_pool.draw_textures(2, 8, np.random.default_rng(1))
    assert np.array_equal(textures, expected)
    assert after.integers(1000) == random.integers(1000)
