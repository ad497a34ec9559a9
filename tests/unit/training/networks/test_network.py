"""The network: trainable layers, random state, initial weights and serving model."""

import re
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from frond.preprocessing import PreprocessingSpec, read_photo
from tests.conftest import SHARED
from training.errors import TrainingError
from training.networks.augmentation import augmentation
from training.networks.network import (
    EMBEDDING_WIDTH,
    add_biases,
    backbone,
    begin_epoch,
    build,
    features_model,
    freeze_backbone,
    load_weights,
    serving_model,
    unfreeze_above,
)

SIZE = 72


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return build(classes=3, size=SIZE, dropout=0.3, seed=1)


@pytest.fixture(scope="module")
def pictures(seedlings: Path) -> NDArray[np.uint8]:
    photos = sorted(seedlings.glob("*.jpg"))[:4]
    return np.stack([read_photo(photo.read_bytes(), PreprocessingSpec(size=SIZE)).pixels for photo in photos])


def learning(model: keras.Model) -> dict[str, bool]:
    """Return whether each layer of the backbone with weights is trainable, in graph order."""
    return {layer.name: bool(layer.trainable_weights) for layer in backbone(model).layers if layer.weights}


class TestTrainableLayers:
    def test_the_head_alone(self, network: keras.Model) -> None:
        freeze_backbone(network)
        assert [v.path for v in network.trainable_variables] == ["logits/kernel", "logits/bias"]

    @pytest.mark.parametrize("blocks", [0, 1, 3, 7, 13])
    def test_all_but_the_first_blocks(self, network: keras.Model, blocks: int) -> None:
        freeze_backbone(network)
        unfreeze_above(network, blocks)
        layers = learning(network)
        for name, learns in layers.items():
            if match := re.match(r"block(\d+)_", name):
                assert learns == (int(match[1]) > blocks), name
        # From the first layer that learns on, all do.
        assert list(layers.values()) == sorted(layers.values())
        assert network.get_layer("logits").trainable_weights

    def test_freezing_survives_a_checkpoint(self, network: keras.Model, tmp_path: Path) -> None:
        unfreeze_above(network, 13)
        before = [variable.path for variable in network.trainable_variables]
        network.save(tmp_path / "network.keras")
        restored = keras.models.load_model(tmp_path / "network.keras")
        assert [variable.path for variable in restored.trainable_variables] == before


class TestRandomness:
    @pytest.fixture(scope="class")
    @classmethod
    def learner(cls, network: keras.Model) -> keras.Model:
        """Return the network behind its augmentation."""
        pictures = keras.Input(network.input_shape[1:])
        return keras.Model(pictures, network(augmentation(seed=1)(pictures)))

    def draw(self, learner: keras.Model, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        changed = learner.get_layer("augmentation")(pictures.astype(np.float32), training=True)
        found: NDArray[np.float32] = keras.ops.convert_to_numpy(changed)
        return found

    def test_an_epoch_resets_the_random_state(
        self, learner: keras.Model, pictures: NDArray[np.uint8]
    ) -> None:
        begin_epoch(learner, 4)
        first, second = self.draw(learner, pictures), self.draw(learner, pictures)
        begin_epoch(learner, 5)
        other = self.draw(learner, pictures)
        begin_epoch(learner, 4)
        assert np.array_equal(self.draw(learner, pictures), first)
        assert not np.array_equal(first, second)
        assert not np.array_equal(first, other)

    def test_a_restored_network_has_the_same_random_state(
        self, learner: keras.Model, pictures: NDArray[np.uint8], tmp_path: Path
    ) -> None:
        learner.save(tmp_path / "learner.keras")
        restored = keras.models.load_model(tmp_path / "learner.keras")
        for each in (learner, restored):
            begin_epoch(each, 2)
        assert np.array_equal(self.draw(learner, pictures), self.draw(restored, pictures))

    def test_augmented_pixels_stay_in_range(self, learner: keras.Model, pictures: NDArray[np.uint8]) -> None:
        changed = self.draw(learner, pictures)
        assert changed.shape == pictures.shape
        assert changed.min() >= 0
        assert changed.max() <= 255


class TestWeights:
    def test_a_missing_file_is_reported(self, network: keras.Model) -> None:
        with pytest.raises(TrainingError, match="There is no weight file at /no/such"):
            load_weights(network, "/no/such/weights.h5")

    @pytest.mark.parametrize("kind", ["text", "another network"])
    def test_another_file_is_reported(self, network: keras.Model, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "weights.h5"
        if kind == "text":
            path.write_text("These are not weights.", encoding="utf-8")
        else:
            with h5py.File(path, "w") as file:
                file.attrs["layer_names"] = [b"dense"]
                file.create_group("dense").attrs["weight_names"] = [b"kernel"]
                file["dense/kernel"] = np.zeros((2, 2))
        before = backbone(network).get_weights()
        with pytest.raises(TrainingError, match=r"weights\.h5 does not hold the weights of xception"):
            load_weights(network, str(path))
        for now, then in zip(backbone(network).get_weights(), before, strict=True):
            assert np.array_equal(now, then)

    def test_the_weights_of_imagenet(self, network: keras.Model) -> None:
        path = SHARED / "weights" / "xception_imagenet_notop.h5"
        if not path.is_file():
            pytest.skip(f"ImageNet's weights are not here: no file {path}")
        load_weights(network, str(path))
        with h5py.File(path) as file:
            names: list[str] = []
            file.visit(names.append)
            (kernel,) = (
                n for n in names if "block1_conv1/" in n and "kernel" in n and hasattr(file[n], "shape")
            )
            expected = np.asarray(file[kernel])
        assert np.array_equal(backbone(network).get_layer("block1_conv1").get_weights()[0], expected)


@pytest.fixture(scope="module")
def trained(pictures: NDArray[np.uint8]) -> keras.Model:
    """Return a network with batch normalization calibrated on the images."""
    network = build(classes=3, size=SIZE, dropout=0.3, seed=2)
    for layer in backbone(network).layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0
    network(pictures, training=True)
    return network


class TestServing:
    def test_outputs_equal_those_of_the_trained_network(
        self, trained: keras.Model, pictures: NDArray[np.uint8]
    ) -> None:
        draw = np.random.default_rng(3)
        width = backbone(trained).output_shape[-1]
        components, mean = draw.normal(size=(EMBEDDING_WIDTH, width)), draw.normal(size=width)
        served = serving_model(trained, components, mean).predict(pictures, verbose=0)
        logits = trained.predict(pictures, verbose=0)
        features = features_model(trained).predict(pictures, verbose=0)

        assert np.abs(logits - logits[0]).max() > 1e-3
        assert served["logits"] == pytest.approx(logits, rel=1e-4, abs=1e-4)
        assert served["evidence"].mean(axis=(1, 2)) == pytest.approx(logits, rel=1e-4, abs=1e-4)
        assert served["embedding"].shape == (4, EMBEDDING_WIDTH)
        expected = (features - mean) @ components.T
        assert served["embedding"] == pytest.approx(expected, rel=1e-3, abs=1e-3 * np.abs(expected).max())

    def test_biases_shift_logits_and_evidence_equally(
        self, trained: keras.Model, pictures: NDArray[np.uint8]
    ) -> None:
        moved = keras.models.clone_model(trained)
        moved.set_weights(trained.get_weights())
        width, biases = backbone(trained).output_shape[-1], np.array([0.5, -1.25, 0], np.float32)

        add_biases(moved, biases)

        served = serving_model(moved, np.zeros((EMBEDDING_WIDTH, width)), np.zeros(width)).predict(
            pictures, verbose=0
        )
        expected = trained.predict(pictures, verbose=0) + biases
        assert served["logits"] == pytest.approx(expected, rel=1e-4, abs=1e-4)
        assert served["evidence"].mean(axis=(1, 2)) == pytest.approx(expected, rel=1e-4, abs=1e-4)

    def test_it_has_no_random_layers(self, trained: keras.Model) -> None:
        width = backbone(trained).output_shape[-1]
        serving = serving_model(trained, np.zeros((EMBEDDING_WIDTH, width)), np.zeros(width))
        assert {"augmentation", "dropout"}.isdisjoint(layer.name for layer in serving.layers)
