"""The stem and the head of a detector."""

import pytest

from training.detection.detection_network import (
    FIVE_CONVOLUTIONS,
    OUTPUTS,
    build_head,
    build_stem,
    map_shapes,
)
from training.detection.detector_shape import STRIDE
from training.errors import TrainingError

SIZE = 96
SIDE = SIZE // STRIDE


@pytest.mark.parametrize(
    ("backbone", "middle_blocks", "channels"),
    [("xception", (8, 12), (256, 1024)), ("mobilenet_v2", None, (192, 576)), ("resnet50", None, (512, 1024))],
)
def test_a_frozen_stem_has_a_fine_and_a_deep_map(
    backbone: str, middle_blocks: tuple[int, ...] | None, channels: tuple[int, int]
) -> None:
    stem = build_stem(SIZE, backbone, "none", middle_blocks)
    assert map_shapes(stem) == [(SIDE, SIDE, channels[0]), (SIDE // 2, SIDE // 2, channels[1])]
    assert stem is not None
    assert not any(weight.trainable for weight in stem.weights)


@pytest.mark.parametrize("maps", [None, [(SIDE, SIDE, 8), (SIDE // 2, SIDE // 2, 16)]])
def test_a_head_predicts_at_every_position_of_the_fine_map(maps: list[tuple[int, ...]] | None) -> None:
    head = build_head(maps, classes=2, size=SIZE, width=8, dropout=0.2, seed=1)
    channels = dict(zip(OUTPUTS, (1, 1, 4, 3), strict=True))
    assert {name: output.shape[1:] for name, output in head.output.items()} == {
        name: (SIDE, SIDE, count) for name, count in channels.items()
    }


def test_no_network_is_built_for_a_size_that_its_maps_do_not_divide() -> None:
    with pytest.raises(TrainingError, match="such as 96 or 112, not 100"):
        build_stem(100, FIVE_CONVOLUTIONS, "none", None)
    with pytest.raises(TrainingError, match="a multiple of 16 px"):
        build_head(None, 2, 100, 8, 0, 1)
