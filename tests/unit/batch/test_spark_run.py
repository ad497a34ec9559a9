"""Whole runs on Spark: the same rows from disk and S3, after kills too. One session serves all tests."""

import csv
import gc
import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

pytest.importorskip("pyspark", reason="Spark is not installed: make batch")

from pyspark import cloudpickle
from pyspark.ml.feature import PCA, StandardScaler
from pyspark.ml.functions import array_to_vector
from pyspark.sql import SparkSession

from batch.batch_run import BatchOptions, run
from batch.errors import BatchError
from batch.pca_pipeline import PcaPipeline
from batch.photo_classification import STAGES, PhotoClassifier, ship_classifier
from batch.photo_files import ListedPhoto, list_photos
from batch.report.render import PAGE_NAME
from batch.run_plan import ROWS_NAME, plan_name, read_plan, rows_name
from batch.run_storage import FolderStorage, s3_client
from batch.session import local_session, require_java
from frond.classifier import Classifier
from frond.image_quality import issues
from frond.preprocessing import read_photo
from tests.conftest import ROOT
from tests.unit.batch.conftest import write_model

pytestmark = [
    pytest.mark.slow,
    # py4j leaves the sockets of ended threads to the garbage collector.
    pytest.mark.filterwarnings(
        "ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]
BUCKET = "photos"
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def spark(s3_endpoint: str) -> Iterator[SparkSession]:
    """A session on one core, whose workers use the fake S3."""
    try:
        require_java()
    except BatchError as error:
        pytest.skip(str(error))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", s3_endpoint)
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        s3_client.cache_clear()
        session = local_session(cores=1)
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()
        gc.collect()
    s3_client.cache_clear()


def run_quietly(spark: SparkSession, **options: Any) -> None:
    run(BatchOptions(**options), spark, lambda _: None)


def read_rows(spark: SparkSession, out: Path) -> Rows:
    """Return the rows by path below the root, without what differs from run to run."""
    rows = [row.asDict() for row in spark.read.parquet(f"{out}/{ROWS_NAME}").collect()]
    plan = read_plan(FolderStorage(out))
    assert plan
    by_path = {row["path"].removeprefix(plan.root).lstrip("/"): row for row in rows}
    assert len(by_path) == len(rows) == plan.photos
    left_out = {"path", "chunk", *STAGES}
    return {path: {k: v for k, v in row.items() if k not in left_out} for path, row in by_path.items()}


@pytest.fixture(scope="module")
def finished(
    spark: SparkSession, labelled_photos: Path, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A finished run over photos with a smaller copy of one of them."""
    out = tmp_path_factory.mktemp("runs") / "first run"
    image = Image.open(labelled_photos / "plant-0" / "zea-mays.jpg").resize((200, 200))
    image.save(labelled_photos / "plant-0" / "copy.jpg", quality=60)
    run_quietly(spark, photos=str(labelled_photos), out=str(out), model=model, chunk_photos=5)
    return out


def test_rows_are_those_of_the_serving_code(
    spark: SparkSession, finished: Path, labelled_photos: Path, model: Path
) -> None:
    classifier = Classifier.load(model)
    rows = read_rows(spark, finished)
    assert len(rows) == 8
    for path, row in rows.items():
        assert row["label"] == (Path(path).parent.name or None)
        if path == "plant-0/=broken.jpg":
            assert (row["problem"], row["species"], row["embedding"]) == ("unreadable-photo", None, None)
            continue
        photo = read_photo((labelled_photos / path).read_bytes(), classifier.manifest.input)
        inference = classifier.infer(photo.pixels)
        output = classifier.predict(inference)
        best, second = output.candidates[:2]
        assert row["problem"] is None
        assert (row["species"], row["confidence"]) == (best.species.slug, best.confidence)
        assert row["margin"] == best.confidence - second.confidence
        assert (row["verdict"], row["issues"]) == (output.verdict, issues(photo))
        assert row["embedding"] == inference.embedding.tolist()
        assert (row["width"], row["height"], row["format"]) == (photo.width, photo.height, "JPEG")


@pytest.fixture(scope="module")
def finished_s3(
    spark: SparkSession,
    finished: Path,
    labelled_photos: Path,
    model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A finished run over the same photos in S3, one of which is deleted meanwhile, with the first's PCA."""
    out, root = tmp_path_factory.mktemp("runs") / "s3", f"s3://{BUCKET}/field"
    s3_client().create_bucket(Bucket=BUCKET)
    for file in labelled_photos.rglob("*.*"):
        key = f"field/{file.relative_to(labelled_photos)}"
        s3_client().put_object(Bucket=BUCKET, Key=key, Body=file.read_bytes())
    listed = [*list_photos(root), ListedPhoto(f"{root}/gone.jpg", None, 100)]
    with pytest.MonkeyPatch.context() as listing:
        listing.setattr("batch.batch_run.list_photos", lambda _: listed)
        run_quietly(spark, photos=f"{root}/", out=str(out), model=model, pipeline=str(finished))
    return out


def test_rows_from_s3_are_the_same(spark: SparkSession, finished: Path, finished_s3: Path) -> None:
    rows = read_rows(spark, finished_s3)
    assert rows.pop("gone.jpg")["problem"] == "vanished-photo"
    assert rows == read_rows(spark, finished)


def test_a_fitted_pipeline_is_applied_to_other_photos(
    spark: SparkSession, finished: Path, finished_s3: Path
) -> None:
    assert PcaPipeline.load(FolderStorage(finished_s3)) is None
    first, other = (
        {Path(row["path"]).name: row["projected"] for row in spark.read.parquet(f"{out}/projected").collect()}
        for out in (finished, finished_s3)
    )
    assert first == other


def test_the_csv_has_every_photo_once_and_no_formula(finished: Path) -> None:
    table = list(csv.DictReader(io.StringIO((finished / "rows.csv").read_text())))
    names = [Path(row["path"]).name for row in table]
    assert sorted(names) == sorted(set(names))
    assert len(names) == 8
    assert {row["label"] for row in table} == {"", "plant-0", "Weeds [a=1] ü"}
    broken = next(row for row in table if row["problem"])
    assert (Path(broken["path"]).name, broken["species"]) == ("=broken.jpg", "")


def test_the_page_shows_what_needs_a_look(finished: Path) -> None:
    page = (finished / PAGE_NAME).read_text()
    assert "<h1>8 photos</h1>" in page
    assert '7, <span class="bad">1 with a problem</span>' in page
    assert "unreadable-photo" in page
    assert "1 pairs among 2 photos" in page
    assert page.count('"picture":') == 7
    assert 'src="http' not in page
    assert (finished / "explained-variance.png").read_bytes().startswith(b"\x89PNG")


def test_projections_lie_in_a_folder_for_each_label(spark: SparkSession, finished: Path) -> None:
    assert {folder.name for folder in (finished / "projected").glob("label=*")} == {
        "label=plant-0",
        "label=Weeds %5Ba%3D1%5D ü",
        "label=__HIVE_DEFAULT_PARTITION__",
    }
    pipeline = PcaPipeline.load(FolderStorage(finished))
    assert pipeline
    projected = {row["path"]: row for row in spark.read.parquet(f"{finished}/projected").collect()}
    assert len(projected) == 7
    for row in spark.read.parquet(f"{finished}/{ROWS_NAME}").where("verdict is not null").collect():
        expected = pipeline.project(np.array([row["embedding"]], np.float64))[0]
        np.testing.assert_allclose(projected[row["path"]]["projected"], expected, rtol=0, atol=1e-12)
        assert projected[row["path"]]["label"] == row["label"]


def test_the_components_are_those_of_spark_ml(spark: SparkSession, finished: Path) -> None:
    pipeline = PcaPipeline.load(FolderStorage(finished))
    assert pipeline
    rows = spark.read.parquet(f"{finished}/{ROWS_NAME}").where("verdict is not null")
    vectors = rows.select(array_to_vector("embedding").alias("raw"))
    scaled = StandardScaler(inputCol="raw", outputCol="scaled", withMean=True).fit(vectors).transform(vectors)
    expected = PCA(k=4, inputCol="scaled", outputCol="out").fit(scaled)
    np.testing.assert_allclose(expected.explainedVariance.toArray(), pipeline.ratios[:4], atol=1e-12)
    cosines = np.abs((expected.pc.toArray() * pipeline.components[:4].T).sum(axis=0))
    assert cosines.min() > 1 - 1e-9


def test_another_model_or_pipeline_is_refused(
    spark: SparkSession, finished: Path, labelled_photos: Path, tmp_path: Path
) -> None:
    other = write_model(tmp_path / "model", seed=1)
    with pytest.raises(BatchError, match="another run"):
        run_quietly(spark, photos=str(labelled_photos), out=str(finished), model=other)
    out = str(tmp_path / "out")
    with pytest.raises(BatchError, match="fitted to the embedding of another model"):
        run_quietly(spark, photos=str(labelled_photos), out=out, model=other, pipeline=str(finished))


@dataclass(frozen=True)
class DyingClassifier(PhotoClassifier):
    """A classifier whose worker is killed at its first photo, once."""

    mark: str = ""

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        if not Path(self.mark).exists():
            Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield from super().__call__(batches)


def test_a_killed_worker_loses_and_doubles_nothing(
    spark: SparkSession, finished: Path, model: Path, tmp_path: Path
) -> None:
    mark, shipped = tmp_path / "killed", ship_classifier(spark, model, None)
    dying = DyingClassifier(shipped.model_file, shipped.manifest, mark=str(mark))
    # Spark's workers cannot import the tests, so they get the class itself.
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    rows = dying.classify(spark.read.parquet(f"{finished}/{plan_name(0)}").repartition(2))
    found = [row["path"] for row in rows.collect()]
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert mark.exists()
    assert len(found) == len(set(found)) == 5


# Ends as a kill does, when the rows of the chunk are written and its mark is not.
DYING_DRIVER = """
import os, signal
from batch import __main__, batch_run
finish = batch_run.finish_chunk
def die_or_finish(storage, chunk, timing):
    if chunk == 2:
        os.killpg(0, signal.SIGKILL)
    finish(storage, chunk, timing)
batch_run.finish_chunk = die_or_finish
__main__.main()
"""


def test_a_killed_driver_goes_on_where_it_stopped(
    spark: SparkSession, finished: Path, labelled_photos: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ["--model", str(model), "--chunk", "2", "--cores", "1"]
    command = [sys.executable, "-c", DYING_DRIVER, str(labelled_photos), str(out), *options]
    ended = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, start_new_session=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    done = {path.name: path.read_bytes() for path in (out / "done").iterdir()}
    assert done
    assert done.keys() <= {"000000.json", "000001.json", "000003.json"}
    assert list((out / rows_name(2)).glob("*.parquet"))
    assert not (out / PAGE_NAME).exists()
    # What a task that was killed while it wrote leaves, too.
    first = next((out / rows_name(0)).glob("*.parquet"))
    shutil.copy(first, out / rows_name(2) / "part-of-a-killed-run.parquet")

    run_quietly(spark, photos=str(labelled_photos), out=str(out), model=model, chunk_photos=2)

    assert read_rows(spark, out) == read_rows(spark, finished)
    assert {name: (out / "done" / name).read_bytes() for name in done} == done
