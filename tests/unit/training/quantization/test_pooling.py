import keras
import numpy as np
import pytest

from training.quantization.pooling import pools_to_convolutions

L = keras.layers


def pooled(pool: keras.layers.Layer, rows: int = 7, columns: int = 5) -> keras.Model:
    values = keras.Input((rows, columns, 3))
    return keras.Model(values, L.Conv2D(2, 1)(pool(values)))


def kinds(model: keras.Model) -> set[type]:
    return {type(layer) for layer in model.layers}


@pytest.mark.parametrize(("rows", "columns"), [(7, 5), (2, 1)], ids=["wide", "narrower than the pool"])
@pytest.mark.parametrize("neighbourhood", [2, 3, 5, (1, 3)])
def test_the_average_at_the_border_excludes_padding(
    neighbourhood: int | tuple[int, int], rows: int, columns: int
) -> None:
    model = pooled(L.AveragePooling2D(neighbourhood, strides=1, padding="same"), rows, columns)
    values = np.random.default_rng(0).normal(3, 1, (2, rows, columns, 3)).astype(np.float32)

    convolved = pools_to_convolutions(model)

    assert L.AveragePooling2D not in kinds(convolved)
    assert L.DepthwiseConv2D in kinds(convolved)
    np.testing.assert_allclose(convolved(values), model(values), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("options", [{"strides": 2, "padding": "same"}, {"strides": 1, "padding": "valid"}])
def test_other_pools_stay(options: dict[str, object]) -> None:
    model = pooled(L.AveragePooling2D(3, **options))

    assert L.AveragePooling2D in kinds(pools_to_convolutions(model))
