"""Training relies on undocumented names of Keras. These tests fail clearly when a name moves."""

import inspect

import keras
import pytest


def test_random_layers_name_their_state() -> None:
    layer = keras.layers.Dropout(0.5, seed=1)
    names = [variable.name for variable in layer.variables]
    assert "seed_generator_state" in names, (
        f"A random layer's state is in {names}, not in the seed_generator_state that "
        "training/networks/network.py sets for each epoch"
    )


def test_weights_can_be_loaded_without_some_layers() -> None:
    from keras.src.saving import saving_lib

    parameters = inspect.signature(saving_lib.load_weights_only).parameters
    assert "objects_to_skip" in parameters, (
        "Keras' load_weights has no objects_to_skip any more, which training/networks/network.py uses"
    )


@pytest.mark.parametrize("name", ["true_positives", "false_positives", "false_negatives"])
def test_f1_score_counts(name: str) -> None:
    score = keras.metrics.F1Score()
    score.update_state([[1.0, 0.0]], [[0.7, 0.3]])
    assert hasattr(score, name), (
        f"keras.metrics.F1Score has no {name} any more, which training/fitting/keras_metrics.py reads"
    )
