"""`feedback` collects corrected photos with consent, and removes them when it is withdrawn."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from PIL import Image

from frond.preprocessing import PreprocessingSpec
from frond.s3_objects import S3Object, get_object
from frond.s3_upload import identifier_of
from tests.unit.training.conftest import LICENSE, SHARES
from tests.unit.training.feedback.conftest import Garden, Run, local_facts
from training.data.dataset import Dataset
from training.data.prepare import prepare
from training.data.sources import FolderSource
from training.data.split import SplitConfig
from training.data.taxonomy import Taxonomy
from training.feedback import origin

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.slow
MAIZE, WHEAT = "zea-mays", "triticum-aestivum"
Photos = Callable[[str], bytes]


@pytest.fixture(scope="module")
def photo(seedlings: Path) -> Photos:
    """Return a function that reads a seedling, rotated so that no two files are equal."""
    turns: dict[str, int] = {}

    def read(plant: str) -> bytes:
        turns[plant] = turns.get(plant, -1) + 1
        file = io.BytesIO()
        with Image.open(seedlings / f"{plant}.jpg") as seen:
            seen.rotate(7 * turns[plant]).save(file, "JPEG", quality=95)
        return file.getvalue()

    return read


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "feedback"


def photos(target: Path) -> set[str]:
    """Return every file but the table and ``origin.json``."""
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert files >= {"feedback.csv", "origin.json"}
    return files - {"feedback.csv", "origin.json"}


def rows(target: Path) -> dict[str, dict[str, str]]:
    with (target / "feedback.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_photos_with_consent_are_collected_by_species(
    garden: Garden, collect: Run, photo: Photos, target: Path
) -> None:
    maize, stone = photo(MAIZE), photo(WHEAT)
    known = garden.corrected("field 7/a.jpg", maize, MAIZE, comment='older, "bent"\nleaves')
    nothing = garden.corrected("b", stone, None)
    new = garden.corrected("c.jpg", photo(MAIZE), "taraxacum-officinale")
    garden.corrected("private.jpg", photo(MAIZE), MAIZE, consent=False)
    garden.corrected("asked-before.jpg", photo(MAIZE), MAIZE, consent=None)
    garden.upload("not-corrected.jpg", photo(MAIZE))

    output = collect()

    assert photos(target) == {
        f"photos/zea-mays/{known}.jpg",
        f"photos/taraxacum-officinale/{new}.jpg",
        f"unknown/no-plant/{nothing}.jpg",
    }
    assert (target / f"photos/zea-mays/{known}.jpg").read_bytes() == maize
    assert (target / f"unknown/no-plant/{nothing}.jpg").read_bytes() == stone
    for text in ("all 5", "without consent 2", "in the folder 3", "photos/zea-mays 1 1"):
        assert text in output
    assert "taraxacum-officinale is not in the species table" in output
    assert "zea-mays is not" not in output
    table = rows(target)
    assert table.keys() == {known, nothing, new}
    row = table[known]
    assert row["key"] == "field 7/a.jpg"
    assert (row["species"], row["predicted_species"], row["confidence"]) == (
        MAIZE,
        "apera-spica-venti",
        "0.61",
    )
    assert row["model_version"] == "2026.11.21-fcfc7d85"
    assert row["comment"] == 'older, "bent"\nleaves'
    assert row["file"] == f"photos/zea-mays/{known}.jpg"
    assert (table[nothing]["species"], table[nothing]["skipped"]) == ("", "")


def test_the_table_executes_no_text(garden: Garden, collect: Run, photo: Photos, target: Path) -> None:
    formula = '=HYPERLINK("http://example.org","see")'
    key = f"{formula}.jpg"
    identifier = garden.corrected(key, photo(MAIZE), MAIZE, comment=formula)

    collect()

    row = rows(target)[identifier]
    assert (row["comment"], row["key"], row["confidence"]) == (f"'{formula}", f"'{key}", "0.61")


@pytest.mark.parametrize(
    ("form", "suffix"), [("PNG", "png"), ("WEBP", "webp"), ("JPEG", "jpg"), ("GIF", "gif")]
)
def test_the_suffix_is_that_of_the_format(
    garden: Garden, collect: Run, photo: Photos, target: Path, form: str, suffix: str
) -> None:
    file = io.BytesIO()
    Image.open(io.BytesIO(photo(MAIZE))).save(file, form)
    identifier = garden.corrected("misnamed.txt", file.getvalue(), MAIZE)

    collect()

    assert photos(target) == {f"photos/zea-mays/{identifier}.{suffix}"}


def test_missing_photos_are_skipped_and_listed(
    garden: Garden, collect: Run, photo: Photos, target: Path
) -> None:
    over_http = garden.correct(garden.send(), MAIZE)
    deleted = garden.corrected("deleted.jpg", photo(MAIZE), MAIZE)
    garden.s3.delete_object(Bucket=garden.bucket, Key="deleted.jpg")
    broken = garden.corrected("broken.jpg", b"not a photo", MAIZE)
    replaced = garden.correct(garden.upload("replaced.jpg", photo(MAIZE), after=60), MAIZE)
    odd = garden.corrected("odd.jpg", photo(MAIZE), "../../Zea mays")
    good = garden.corrected("good.jpg", photo(MAIZE), MAIZE)

    output = collect()

    assert photos(target) == {f"photos/zea-mays/{good}.jpg"}
    reasons = {identifier: row["skipped"] for identifier, row in rows(target).items()}
    assert reasons[over_http] == "sent over HTTP, which stores no photo"
    assert reasons[deleted] == "the photo was deleted or has expired"
    assert reasons[broken].startswith("unreadable: ")
    assert reasons[replaced] == "replaced by another photo under its key"
    assert reasons[odd] == "the corrected species is not a slug: ../../Zea mays"
    assert reasons[good] == ""
    for text in ("sent over HTTP, which stores no photo 1", "unreadable 1", "in the folder 1"):
        assert text in output
    assert not (target.parent / "Zea mays").exists()


def test_only_new_photos_are_downloaded(
    garden: Garden, collect: Run, photo: Photos, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = garden.corrected("a.jpg", photo(MAIZE), MAIZE)
    collect()
    requested: list[str] = []

    def watch(s3: "S3Client", bucket: str, key: str) -> S3Object:
        requested.append(key)
        return get_object(s3, bucket, key)

    monkeypatch.setattr(origin, "get_object", watch)

    assert "photos/zea-mays 1 0" in collect()
    assert requested == []
    second = garden.corrected("b.jpg", photo(MAIZE), MAIZE)
    assert "photos/zea-mays 2 1" in collect()
    assert requested == ["b.jpg"]
    assert photos(target) == {f"photos/zea-mays/{identifier}.jpg" for identifier in (first, second)}


def test_withdrawn_photos_are_removed(garden: Garden, collect: Run, photo: Photos, target: Path) -> None:
    withdrawn = garden.corrected("a.jpg", photo(MAIZE), MAIZE)
    deleted = garden.corrected("b.jpg", photo(WHEAT), None)
    kept = garden.corrected("c.jpg", photo(WHEAT), WHEAT)
    collect()
    mine = target / "photos" / "zea-mays" / "mine.jpg"
    mine.write_bytes(b"put there by a person")
    garden.correct(withdrawn, MAIZE, consent=False)
    garden.records.delete(deleted)

    output = collect()

    assert "2 removed from" in output
    assert photos(target) == {f"photos/triticum-aestivum/{kept}.jpg", "photos/zea-mays/mine.jpg"}
    assert rows(target).keys() == {kept}
    assert not (target / "unknown" / "no-plant").exists()
    assert "removed" not in collect()


def test_collected_photos_stay_when_the_original_expires(
    garden: Garden, collect: Run, photo: Photos, target: Path
) -> None:
    identifier = garden.corrected("a.jpg", photo(MAIZE), MAIZE)
    collect()
    garden.s3.delete_object(Bucket=garden.bucket, Key="a.jpg")

    collect()

    assert photos(target) == {f"photos/zea-mays/{identifier}.jpg"}


def test_a_new_correction_moves_the_photo(garden: Garden, collect: Run, photo: Photos, target: Path) -> None:
    identifier = garden.corrected("a.jpg", photo(MAIZE), MAIZE)
    collect()
    for species, place in (
        (WHEAT, f"photos/{WHEAT}"),
        (None, "unknown/no-plant"),
        (MAIZE, f"photos/{MAIZE}"),
    ):
        garden.correct(identifier, species)
        assert "1 0" in collect()
        assert photos(target) == {f"{place}/{identifier}.jpg"}
    assert [folder.name for folder in (target / "photos").iterdir()] == [MAIZE]


def test_a_newer_photo_replaces_the_older_of_its_key(
    garden: Garden, collect: Run, photo: Photos, target: Path
) -> None:
    garden.corrected("a.jpg", photo(MAIZE), MAIZE)
    collect()
    newer = photo(WHEAT)
    identifier = garden.correct(garden.upload("a.jpg", newer, after=-60), WHEAT)

    collect()

    assert photos(target) == {f"photos/triticum-aestivum/{identifier}.jpg"}
    assert (target / f"photos/triticum-aestivum/{identifier}.jpg").read_bytes() == newer


def test_photos_are_written_atomically(
    garden: Garden, collect: Run, photo: Photos, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    garden.corrected("a.jpg", photo(MAIZE), MAIZE)
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        write(path, data[:100])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        assert "the same command resumes" in collect(code=130)
    assert photos(target) == set()
    assert "photos/zea-mays 1 1" in collect()


def test_an_interrupted_collection_resumes(
    garden: Garden, collect: Run, photo: Photos, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifiers = [garden.corrected(f"{name}.jpg", photo(MAIZE), MAIZE) for name in "abc"]
    requested: list[str] = []

    def stop(s3: "S3Client", bucket: str, key: str) -> S3Object:
        requested.append(key)
        if len(requested) == 2:
            raise KeyboardInterrupt
        return get_object(s3, bucket, key)

    with monkeypatch.context() as patch:
        patch.setattr(origin, "get_object", stop)
        collect(code=130)
    assert len(photos(target)) == 1
    assert len(rows(target)) == 1
    assert "photos/zea-mays 3 2" in collect()
    assert photos(target) == {f"photos/zea-mays/{identifier}.jpg" for identifier in identifiers}


def test_nothing_is_removed_when_the_table_cannot_be_read(
    garden: Garden, collect: Run, photo: Photos, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    garden.corrected("a.jpg", photo(MAIZE), MAIZE)
    collect()
    before = photos(target)
    garden.dynamodb.delete_table(TableName=garden.table)

    assert "Scan did not find its resource" in collect(code=1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "AWS is unreachable" in collect(code=1)
    assert photos(target) == before


def test_a_folder_with_other_files_is_not_changed(
    garden: Garden, collect: Run, run: Run, photo: Photos, target: Path
) -> None:
    target.mkdir()
    (target / "thesis.txt").write_text("all of it")
    assert "holds other files than feedback" in collect(code=1)
    (target / "thesis.txt").unlink()

    garden.corrected("a.jpg", photo(MAIZE), MAIZE)
    collect()
    before = photos(target)
    elsewhere = "--table", garden.table, "--uploads-bucket", "another"
    assert "holds feedback of another stack" in run("feedback", target, *elsewhere, code=1)
    assert photos(target) == before


def test_no_correction_leaves_an_empty_folder(collect: Run, target: Path) -> None:
    assert "in the folder 0" in collect()
    assert photos(target) == set()
    assert rows(target) == {}


def test_prepare_reads_the_folder(garden: Garden, collect: Run, photo: Photos, target: Path) -> None:
    for plant, name in ((MAIZE, MAIZE), (WHEAT, "taraxacum-officinale")):
        for number in range(4):
            garden.corrected(f"{plant}/{number}.jpg", photo(plant), name)
    garden.corrected("stone.jpg", photo(WHEAT), None)
    collect()

    split_config = SplitConfig(SHARES, near_duplicate_bits=0)
    directory = target.parent / "set"
    prepare(
        FolderSource(target / "photos"),
        directory,
        PreprocessingSpec(size=72),
        Taxonomy(),
        split_config,
        1,
        LICENSE,
    )

    card = Dataset(directory).card
    assert [species.slug for species in card.species] == ["taraxacum-officinale", MAIZE]
    assert card.species[1].scientific_name == "Zea mays"
    assert sum(card.photos().values()) == 8
    assert not card.bad_files


class TestStack:
    def test_the_local_stack(
        self, garden: Garden, run: Run, photo: Photos, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        garden.corrected("a.jpg", photo(MAIZE), MAIZE)
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        file = target.parent / "stack.json"
        file.write_text(local_facts(garden))
        monkeypatch.setattr("training.aws_stack.STACK_FILE", file)

        run("feedback", target, "--local")
        assert photos(target) == {f"photos/zea-mays/{identifier_of('a.jpg')}.jpg"}

        file.unlink()
        assert "make serve" in run("feedback", target, "--local", code=1)

    def test_a_deployed_stack(self, garden: Garden, run: Run, photo: Photos, target: Path) -> None:
        garden.corrected("a.jpg", photo(MAIZE), MAIZE)
        outputs = {"TableName": {"Value": garden.table}, "UploadsBucketName": {"Value": garden.bucket}}
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        cloud = boto3.client("cloudformation")
        cloud.create_stack(StackName=garden.table, TemplateBody=json.dumps(template))

        run("feedback", target, "--stack", garden.table)
        assert photos(target) == {f"photos/zea-mays/{identifier_of('a.jpg')}.jpg"}

        assert "There is no stack nowhere in us-east-1" in run(
            "feedback", target, "--stack", "nowhere", code=1
        )
        del outputs["TableName"]
        cloud.create_stack(StackName=f"{garden.table}-old", TemplateBody=json.dumps(template))
        assert "has no output TableName" in run("feedback", target, "--stack", f"{garden.table}-old", code=1)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ([], "in one way"),
            (["--local", "--stack", "frond-dev"], "in one way"),
            (["--local", "--table", "records"], "in one way"),
            (["--table", "records"], "give both"),
        ],
    )
    def test_options_name_one_source(self, run: Run, target: Path, options: list[str], message: str) -> None:
        assert message in run("feedback", target, *options, code=1)
        assert not target.exists()
