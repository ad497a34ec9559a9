"""Groups are named by a regular expression, a table, or EXIF time and camera."""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from training.data.capture import Capture, read_capture
from training.data.groups import parse_grouping, propose_bursts
from training.errors import TrainingError

PATHS = ["Maize/p1_a.jpg", "Maize/p1_b.jpg", "Maize/p2_a.jpg", "rose/p1_a.jpg", "rose/other.jpg"]
NO_CAPTURES = [None] * len(PATHS)
NOON = datetime(2026, 5, 4, 12)  # noqa: DTZ001 - cameras record no time zone


def names(rule: str) -> list[str]:
    return parse_grouping(rule).names(PATHS, NO_CAPTURES)


class TestPattern:
    def test_captured_parts_name_the_group(self) -> None:
        assert names(r"^(\w+)/(p\d)_") == ["Maize / p1", "Maize / p1", "Maize / p2", "rose / p1", ""]

    def test_without_captured_parts_the_match_does(self) -> None:
        assert names(r"p\d") == ["p1", "p1", "p2", "p1", ""]

    @pytest.mark.parametrize(
        ("rule", "message"), [("plot", "matches no path"), ("(", "no regular expression")]
    )
    def test_errors(self, rule: str, message: str) -> None:
        with pytest.raises(TrainingError, match=message):
            names(rule)


class TestTable:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        path = tmp_path / "plants.csv"
        rows = ["path,plant,site", "Maize/p1_a.jpg,7,north", "Maize/p1_b.jpg,7,south", "rose/p1_a.jpg,,"]
        path.write_text("\n".join(rows), encoding="utf-8-sig")
        return path

    def test_a_column_names_the_group(self, table: Path) -> None:
        assert names(f"{table}:plant") == ["7", "7", "", "", ""]

    def test_several_columns(self, table: Path) -> None:
        assert names(f"{table}:plant,site") == ["7 / north", "7 / south", "", "", ""]

    def test_the_option_is_recorded_without_its_folder(self, table: Path) -> None:
        assert parse_grouping(f"{table}:plant").text == "plants.csv:plant"

    @pytest.mark.parametrize("column", ["", ":", ":plot"])
    def test_a_missing_column(self, table: Path, column: str) -> None:
        with pytest.raises(TrainingError, match="has path, plant, site"):
            names(f"{table}{column}")

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="cannot be read"):
            names(f"{tmp_path / 'none.csv'}:plant")

    def test_a_table_of_other_photos(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text("path,plant\nx.jpg,1\n", encoding="utf-8")
        with pytest.raises(TrainingError, match="no row of a photo"):
            names(f"{tmp_path / 't.csv'}:plant")


class TestBursts:
    def captures(self, *seconds: float, camera: str = "Canon") -> list[Capture | None]:
        return [Capture(camera, NOON + timedelta(seconds=after)) for after in seconds]

    def test_photos_that_follow_each_other_are_a_group(self) -> None:
        captures = [*self.captures(60, 0, 15, 30), *self.captures(5, camera="Nikon"), None]
        found = parse_grouping("exif").names([""] * 6, captures)
        assert found[1] == found[2] == found[3] == "Canon 2026-05-04 12:00:00"
        assert len(set(found)) == 4
        assert found[5] == ""

    def test_the_seconds_are_an_option(self) -> None:
        found = parse_grouping("exif:40").names([""] * 2, self.captures(0, 35))
        assert len(set(found)) == 1

    @pytest.mark.parametrize("rule", ["exif:soon", "exif:-1", "exif:nan"])
    def test_seconds_that_are_none(self, rule: str) -> None:
        with pytest.raises(TrainingError, match="number of seconds"):
            parse_grouping(rule)

    def test_no_photo_has_a_time(self) -> None:
        with pytest.raises(TrainingError, match="no photo has an EXIF time"):
            names("exif")

    def test_bursts_are_proposed(self) -> None:
        note = propose_bursts(self.captures(0, 5, 100))
        assert note is not None
        assert note.startswith("by EXIF time and camera, 3 photos were taken in 2 bursts")
        assert propose_bursts(self.captures(0, 100)) is None
        assert propose_bursts([None, None]) is None


class TestCapture:
    def photo(self, **tags: str) -> bytes:
        exif = Image.Exif()
        for name, value in tags.items():
            tag = ExifTags.Base[name]
            target = exif.get_ifd(ExifTags.IFD.Exif) if name == "DateTimeOriginal" else exif
            target[tag] = value
        data = BytesIO()
        Image.new("RGB", (8, 8)).save(data, "JPEG", exif=exif)
        return data.getvalue()

    def test_time_and_camera(self) -> None:
        data = self.photo(Make="Canon", Model="R5", DateTimeOriginal="2026:05:04 12:00:00")
        assert read_capture(data) == Capture("Canon R5", NOON)

    @pytest.mark.parametrize("time", ["", "0000:00:00 00:00:00", "yesterday"])
    def test_no_time(self, time: str) -> None:
        assert read_capture(self.photo(Make="Canon", DateTimeOriginal=time)) is None

    def test_no_photo(self) -> None:
        assert read_capture(b"no photo") is None
