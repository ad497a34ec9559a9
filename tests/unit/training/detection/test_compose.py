"""Composed scenes: exact boxes, the same for the same seed, each of its own split."""

from pathlib import Path

import numpy as np
import pytest

from training.data.dataset import Dataset
from training.detection.annotation_source import read_annotations
from training.detection.compose import compose, gather_assets
from training.detection.cut_outs import CutOut, cut_out
from training.detection.detection_dataset import DetectionDataset
from training.detection.scene_config import SceneConfig
from training.detection.scenes import SceneAssets, compose_scene
from training.errors import TrainingError

GREEN, RED, SOIL = (40, 160, 50), (200, 30, 30), (110, 90, 80)


def field(background: tuple[int, int, int]) -> np.ndarray:
    return np.full((60, 60, 3), background, np.uint8)


def test_a_green_plant_is_cut_out_without_small_pieces() -> None:
    picture = field(SOIL)
    picture[10:40, 20:45] = GREEN
    picture[50:52, 50:52] = GREEN
    found = cut_out(picture)
    assert found is not None
    solid = found.pixels[..., 3] > 127
    assert solid.sum() == pytest.approx(30 * 25, rel=0.15)
    assert found.pixels.shape[:2] == (30 + 8, 25 + 8)


def test_a_fruit_is_cut_out_of_white() -> None:
    picture = field((255, 255, 255))
    picture[20:40, 10:50] = RED
    picture[28:32, 20:24] = 255
    found = cut_out(picture)
    assert found is not None
    assert (found.pixels[..., 3] > 127).sum() == pytest.approx(20 * 40, rel=0.05)


@pytest.mark.parametrize("picture", [field(SOIL), field(GREEN), field((255, 255, 255))])
def test_where_no_plant_stands_out_there_is_no_cut_out(picture: np.ndarray) -> None:
    assert cut_out(picture) is None


def test_the_boxes_are_those_of_what_is_in_sight() -> None:
    opaque = np.zeros((20, 30, 4), np.uint8)
    opaque[3:17, 4:26] = (*RED, 255)
    assets = SceneAssets({"red": [CutOut(opaque)]}, [])
    config = SceneConfig(side=160, plants=(3, 3), scales=(0.2, 0.4))
    found = 0
    for seed in range(4):
        scene, boxes = compose_scene(assets, config, np.random.default_rng(seed))
        assert max(scene.shape[:2]) == 160
        for box in boxes:
            found += 1
            assert box.label == "red"
            assert 0 <= box.xmin < box.xmax <= scene.shape[1]
            assert 0 <= box.ymin < box.ymax <= scene.shape[0]
            inside = scene[int(box.ymin) : int(box.ymax), int(box.xmin) : int(box.xmax)].astype(int)
            assert (inside[..., 0] - inside[..., 1]).max() > 60
    assert found >= 8


def test_the_same_seed_gives_the_same_scenes_by_any_number_of_workers(
    scenes: Path, prepared: Dataset, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    config = SceneConfig(side=96, plants=(1, 3), scales=(0.3, 0.6))
    compose([prepared.directory], [], again, {"train": 2, "validation": 0, "test": 0}, config, 1, 2)
    for path in sorted(again.rglob("*_0*.*")):
        assert path.read_bytes() == (scenes / path.relative_to(again)).read_bytes()
    assert len(list((again / "JPEGImages").iterdir())) == 2
    assert not list(tmp_path.glob(".compose-*"))


def test_scenes_keep_the_splits_of_their_photos(scenes: Path, annotated: DetectionDataset) -> None:
    source = read_annotations(scenes)
    assert set(source.splits.values()) == {"train", "validation", "test"}
    for row in annotated.rows:
        assert row.source == f"JPEGImages/{row.split}_{row.source[-9:-4]}.jpg"
    assert annotated.card.has_own_splits
    assert annotated.slugs == ["sinapis-arvensis", "triticum-aestivum", "zea-mays"]


def test_plants_of_a_set_without_names_are_plants(prepared: Dataset) -> None:
    assets = gather_assets([], [prepared.directory], "train", 1)
    assert set(assets.plants) == {"plant"}


def test_an_existing_folder_is_left_alone(scenes: Path, prepared: Dataset) -> None:
    with pytest.raises(TrainingError, match="exists already"):
        compose(
            [prepared.directory], [], scenes, {"train": 1, "validation": 0, "test": 0}, SceneConfig(), 1, 1
        )
