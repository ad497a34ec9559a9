"""Backbones: input scaling, frozen blocks and initial weights."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from training.errors import TrainingError
from training.networks.backbones import BACKBONES, Backbone, find_backbone
from training.networks.network import (
    backbone,
    build,
    features_model,
    freeze_backbone,
    load_weights,
    unfreeze_above,
)

SIZE = 80
SMALL = 48

# Not those that other tests add.
OURS = [name for name in BACKBONES if not name.startswith("tiny")]
OF_KERAS = {name: BACKBONES[name] for name in OURS if BACKBONES[name].pretrained}
every_backbone_of_keras = pytest.mark.parametrize("chosen", OF_KERAS.values(), ids=OF_KERAS)


@pytest.fixture(scope="module", params=OURS)
def network(request: pytest.FixtureRequest) -> keras.Model:
    return build(classes=3, size=SIZE, seed=1, backbone=request.param)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> tuple[keras.Model, str]:
    """Return the network and best weights of another run, with another size and seed."""
    model = build(classes=3, size=SMALL, seed=7, backbone="mobilenet_v2")
    path = tmp_path_factory.mktemp("run") / "best-1.weights.h5"
    model.save_weights(path)
    return model, str(path)


def pixels(size: int) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(0, 255, (2, size, size, 3)).astype(np.float32)


def test_an_unknown_name_lists_the_backbones() -> None:
    with pytest.raises(
        TrainingError, match=r"no backbone 'alexnet'; there are xception, mobilenet_v2, .*vgg16"
    ):
        build(classes=3, size=SIZE, backbone="alexnet")


@every_backbone_of_keras
def test_scaling_equals_keras_preprocess_input(chosen: Backbone) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3)).astype(np.float32)
    expected = getattr(keras.applications, chosen.name).preprocess_input(pictures.copy())

    found = keras.ops.convert_to_numpy(chosen.scaling()(pictures))

    # Red, green and blue stay as they are; the first convolution is turned instead.
    turned = found[..., ::-1] if chosen.bgr else found
    np.testing.assert_allclose(turned, expected, atol=1e-4)


@every_backbone_of_keras
def test_the_minimum_size_is_that_of_keras(chosen: Backbone) -> None:
    with pytest.raises(TrainingError, match=f"{chosen.name} needs images of at least {chosen.min_size} px"):
        chosen.build(chosen.min_size - 1)
    with pytest.raises(ValueError, match="Input size must be at least"):
        chosen.constructor(weights=None, include_top=False, input_shape=(chosen.min_size - 1,) * 2 + (3,))


class TestFrozenBlocks:
    def test_the_first_blocks_are_frozen(self, network: keras.Model) -> None:
        base_model = backbone(network)
        first_layers = find_backbone(base_model.name).first_layers
        names = [layer.name for layer in base_model.layers]
        places = [names.index(name) for name in first_layers]
        assert places == sorted(places)

        for blocks in (1, len(first_layers) // 2, len(first_layers)):
            freeze_backbone(network)
            unfreeze_above(network, blocks)
            learning = [layer.trainable for layer in base_model.layers]
            assert learning == [place >= places[blocks - 1] for place in range(len(names))]
            weights = [variable.path for variable in base_model.trainable_variables]
            assert 0 < len(weights) < len(base_model.weights)

    def test_no_first_block_or_too_many(self, network: keras.Model) -> None:
        base_model = backbone(network)
        unfreeze_above(network, 0)
        assert all(layer.trainable for layer in base_model.layers)

        too_many = len(find_backbone(base_model.name).first_layers) + 1
        with pytest.raises(TrainingError, match=f"{base_model.name} has {too_many} blocks, so 0 to"):
            unfreeze_above(network, too_many)


class TestImagenetWeights:
    # One of each way of scaling, both padded in their first convolution, where a wrong zero would show.
    @pytest.mark.parametrize("name", ["mobilenet_v2", "vgg16"])
    def test_features_equal_those_of_keras(self, name: str, tmp_path: Path) -> None:
        original = BACKBONES[name].constructor(weights=None, include_top=False, input_shape=(SMALL, SMALL, 3))
        original.save(tmp_path / "notop.h5")
        model = build(classes=3, size=SMALL, backbone=name)
        prepared = getattr(keras.applications, name).preprocess_input(pixels(SMALL))
        expected = keras.ops.convert_to_numpy(original(prepared)).mean(axis=(1, 2))

        load_weights(model, str(tmp_path / "notop.h5"))

        found = keras.ops.convert_to_numpy(features_model(model)(pixels(SMALL)))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())

    def test_a_network_of_our_own_has_none(self) -> None:
        model = build(classes=3, size=SMALL, backbone="small_cnn")
        with pytest.raises(TrainingError, match="small_cnn has no ImageNet weights; train it from scratch"):
            load_weights(model, "imagenet")

    def test_no_network_to_download_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unreachable(*_: object, **__: object) -> None:
            raise OSError("no route to host")

        model = build(classes=3, size=SMALL, backbone="mobilenet_v2")
        before = model.get_weights()
        offline = replace(BACKBONES["mobilenet_v2"], constructor=unreachable)
        monkeypatch.setitem(BACKBONES, "mobilenet_v2", offline)

        with pytest.raises(
            TrainingError, match=r"could not be downloaded .*no route to host.* to start from scratch"
        ):
            load_weights(model, "imagenet")
        for now, then in zip(model.get_weights(), before, strict=True):
            assert np.array_equal(now, then)


class TestWeightsOfARun:
    def test_all_weights_are_loaded_for_equal_numbers_of_species(
        self, earlier: tuple[keras.Model, str]
    ) -> None:
        model = build(classes=3, size=64, seed=8, backbone="mobilenet_v2")
        load_weights(model, earlier[1])
        for now, then in zip(model.get_weights(), earlier[0].get_weights(), strict=True):
            assert np.array_equal(now, then)

    def test_the_seed_is_that_of_the_new_run(self, earlier: tuple[keras.Model, str]) -> None:
        model = build(classes=3, size=64, seed=8, backbone="mobilenet_v2")
        load_weights(model, earlier[1])
        (state,) = (v for v in model.variables if v.name == "seed_generator_state")
        assert keras.ops.convert_to_numpy(state)[0] == 8 + 5

    def test_the_head_is_random_for_another_number_of_species(self, earlier: tuple[keras.Model, str]) -> None:
        model = build(classes=5, size=64, seed=8, backbone="mobilenet_v2")
        head = model.get_layer("logits").get_weights()
        load_weights(model, earlier[1])
        for now, then in zip(backbone(model).get_weights(), backbone(earlier[0]).get_weights(), strict=True):
            assert np.array_equal(now, then)
        for now, then in zip(model.get_layer("logits").get_weights(), head, strict=True):
            assert np.array_equal(now, then)

    @pytest.mark.parametrize("kind", ["another network", "cut short"])
    def test_a_file_that_does_not_fit_changes_nothing(
        self, earlier: tuple[keras.Model, str], tmp_path: Path, kind: str
    ) -> None:
        name = "vgg16" if kind == "another network" else "mobilenet_v2"
        model = build(classes=3, size=SMALL, seed=8, backbone=name)
        path = tmp_path / "best-1.weights.h5"
        content = Path(earlier[1]).read_bytes()
        path.write_bytes(content if kind == "another network" else content[: len(content) // 2])
        before = model.get_weights()

        with pytest.raises(TrainingError, match=rf"best-1\.weights\.h5 does not hold the weights of {name}"):
            load_weights(model, str(path))
        for now, then in zip(model.get_weights(), before, strict=True):
            assert np.array_equal(now, then)
