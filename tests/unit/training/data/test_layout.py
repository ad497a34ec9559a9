"""The class folders and the splits of a source are recognised, or the source is refused."""

import pytest

from training.data.layout import find_layout
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError

TAXONOMY = Taxonomy()


def classes(*folders: str, class_level: int | None = None) -> dict[str, str]:
    """Return the class of the photo in each folder."""
    layout = find_layout([f"{folder}/1.jpg" for folder in folders], TAXONOMY, class_level)
    return {key.removesuffix("/1.jpg"): folder for folder, key in layout.files}


def splits(*folders: str) -> dict[str, str]:
    layout = find_layout([f"{folder}/1.jpg" for folder in folders], TAXONOMY)
    return {key.removesuffix("/1.jpg"): split for key, split in layout.splits.items()}


class TestClassLevel:
    @pytest.mark.parametrize(
        "folders",
        [
            {"Maize": "Maize", "rose": "rose"},
            {"Maize": "Maize", "Maize/older": "Maize", "rose": "rose", "rose/a/b": "rose"},
            {"Maize": "Maize", "rose/2023": "rose", "rose/2024": "rose"},
            {"Maize": "Maize", "rose/deep/er": "rose"},
            {"Maize/older": "Maize", "rose/newer": "rose"},
            {"tulip/2023": "tulip", "rose/2023": "rose", "rose/2024-05-01": "rose"},
            {"tulip/images": "tulip", "rose/images": "rose"},
            {"Poaceae/Zea mays": "Zea mays", "Brassicaceae/Sinapis arvensis": "Sinapis arvensis"},
            {"Poaceae/Zea mays/2023": "Zea mays", "Brassicaceae/Brassica nigra": "Brassica nigra"},
            {"Rosaceae/Rosa canina": "Rosa canina", "Liliaceae/Tulipa gesneriana": "Tulipa gesneriana"},
            {"Gramineae/a": "a", "Compositae/b": "b"},
            {"grasses/a": "a", "grasses/b": "b", "herbs/c": "c"},
            {"grasses/Zea/a": "a", "grasses/Zea/b": "b", "herbs/Bellis/c": "c"},
            {"farm 1/Maize": "Maize", "farm 1/Charlock": "Charlock", "farm 2/Maize": "Maize"},
            {"dataset/Maize": "Maize", "dataset/rose": "rose"},
            {"a/b/Maize": "Maize", "a/b/rose": "rose", "a/b/rose/old": "rose"},
            {"Maize/a": "Maize", "Maize/b": "Maize"},
            {"rose/2023": "rose", "rose/2024": "rose"},
        ],
    )
    def test_the_level_of_the_classes_is_found(self, folders: dict[str, str]) -> None:
        assert classes(*folders) == folders

    @pytest.mark.parametrize(
        "folders",
        [
            ("tulip/north", "tulip/south", "rose/north"),
            ("tulip/one", "rose/two"),
            ("Maize", "grasses/a", "grasses/b"),
            ("rose", "Poaceae/Zea mays"),
            ("Maize", "Maize/Charlock", "rose"),
            ("Maize/Charlock", "Maize/Maize", "rose/x"),
            ("grasses/Zea mays", "grasses/other/Apera spica-venti"),
            ("grasses/a", "herbs/b/c", "herbs/b/d"),
        ],
    )
    def test_an_ambiguous_source_is_refused(self, folders: tuple[str, ...]) -> None:
        with pytest.raises(TrainingError, match=r"folders are ambiguous: .* --class-level N"):
            classes(*folders)

    def test_the_level_can_be_named(self) -> None:
        folders = ("tulip/north", "tulip/south", "rose/north")
        assert set(classes(*folders, class_level=1).values()) == {"tulip", "rose"}
        assert set(classes(*folders, class_level=2).values()) == {"north", "south"}
        assert set(classes("train/x/tulip", "test/y/rose", class_level=2).values()) == {"tulip", "rose"}

    def test_other_files_do_not_count(self) -> None:
        keys = ["Poaceae/notes.txt", "Poaceae/a/1.jpg", "Poaceae/b/1.jpg", "Rosaceae/c/1.jpg", "docs/x.pdf"]
        layout = find_layout([*keys, "Poaceae/a/x.txt"], TAXONOMY)
        assert layout.files == [
            *(("a", "Poaceae/a/1.jpg"), ("a", "Poaceae/a/x.txt")),
            *(("b", "Poaceae/b/1.jpg"), ("c", "Rosaceae/c/1.jpg")),
        ]

    def test_the_card_names_the_level(self) -> None:
        assert find_layout(["Maize/1.jpg", "rose/1.jpg"], TAXONOMY).notes == []
        notes = find_layout(["Poaceae/a/1.jpg", "Rosaceae/c/1.jpg"], TAXONOMY).notes
        assert notes == ["the class folders are on level 2 of the source, as in Poaceae/a/1.jpg"]


class TestSplits:
    @pytest.mark.parametrize(
        ("train", "validation", "test"),
        [("train", "valid", "test"), ("Training", "Validation", "Testing"), ("TRAIN", "val", "Test")],
    )
    def test_split_folders_give_the_splits(self, train: str, validation: str, test: str) -> None:
        folders = [f"{split}/{name}" for split in (train, validation, test) for name in ("Maize", "rose")]
        assert set(classes(*folders).values()) == {"Maize", "rose"}
        given = splits(*folders)
        for folder, split in ((train, "train"), (validation, "validation"), (test, "test")):
            assert given[f"{folder}/Maize"] == given[f"{folder}/rose"] == split

    @pytest.mark.parametrize(
        "folders",
        [
            {"train/Poaceae/Zea mays": "Zea mays", "test/Rosaceae/Rosa": "Rosa"},
            {"data/train/Maize": "Maize", "data/test/rose": "rose"},
            {"train/images/Maize": "Maize", "test/images/rose": "rose"},
            {"Maize/train": "Maize", "Maize/test": "Maize", "rose/train": "rose"},
        ],
    )
    def test_splits_and_other_folders_combine(self, folders: dict[str, str]) -> None:
        assert classes(*folders) == folders
        assert splits(*folders) == {
            folder: "train" if "train" in folder.split("/") else "test" for folder in folders
        }

    @pytest.mark.parametrize(
        ("folders", "reason"),
        [
            (("train/Maize", "test/Maize", "rose"), "split folders test, train beside rose"),
            (("train/Maize", "train/rose", "test"), "split folder test holds photos that are in no class"),
            (("valid/Maize", "test/rose"), "none to train on"),
            (("train/Maize", "val/Maize", "valid/Maize"), "val, valid are one split"),
        ],
    )
    def test_an_ambiguous_source_is_refused(self, folders: tuple[str, ...], reason: str) -> None:
        with pytest.raises(TrainingError, match=reason):
            classes(*folders)

    def test_the_card_names_the_splits(self) -> None:
        layout = find_layout(["train/Maize/1.jpg", "train/rose/1.jpg", "test/rose/1.jpg"], TAXONOMY)
        assert layout.notes == [
            "the splits are those of the source's split folders (2 train, 1 test files)",
            "the source has no validation folder; a share of train is used",
        ]
