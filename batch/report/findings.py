"""Findings of a run, aggregated by Spark; only what the page shows comes to the driver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as sql

from batch.emr_pricing import core_dollars
from batch.pca_pipeline import PcaPipeline
from batch.photo_classification import STAGES
from batch.run_plan import ChunkTiming, RunPlan, busy_seconds
from frond.manifest import Manifest, slugify

# Photos in each gallery, and on the map.
GALLERY, MAP_POINTS = 24, 1500
VERDICTS = ("identified", "uncertain", "not_recognised")
_SHOWN = ("path", "label", "species", "confidence", "margin", "score", "verdict", "thumbnail")


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A photo on the map: its first two principal components, x and y, and its row."""

    x: float
    y: float
    photo: Row


@dataclass(frozen=True, slots=True)
class BatchFindings:
    """The content of the page.

    Attributes
    ----------
    species, labels
        Number of photos by species, and by folder, of each verdict.
    problems, issues
        Number of photos by problem, and by quality issue.
    oddest, doubtful, label_errors
        The photos that are least like the training photos, those whose first two species are closest, and
        those identified as another species than that of their folder, the most confident first.
    label_errors_total, unknown_labels
        Number of such photos, and of photos in folders of no species that the model knows.
    duplicate_pairs, duplicate_photos, duplicates
        Near-duplicates: number of pairs and of photos, and some pairs.
    stage_ms
        Mean CPU milliseconds of a photo by stage.
    """

    plan: RunPlan
    species: Mapping[str, Mapping[str, int]]
    labels: Mapping[str, Mapping[str, int]]
    problems: Mapping[str, int]
    issues: Mapping[str, int]
    oddest: Sequence[Row]
    doubtful: Sequence[Row]
    label_errors: Sequence[Row]
    label_errors_total: int
    unknown_labels: int
    duplicate_pairs: int
    duplicate_photos: int
    duplicates: Sequence[tuple[Row, Row, int]]
    points: Sequence[MapPoint]
    stage_ms: Mapping[str, float]
    seconds: float
    cores: int

    @property
    def classified(self) -> int:
        """Number of photos with a verdict."""
        return self.plan.photos - sum(self.problems.values())

    @property
    def photos_per_second(self) -> float:
        """Throughput over all chunks."""
        return self.plan.photos / self.seconds if self.seconds else 0.0

    @property
    def core_seconds(self) -> float:
        """CPU seconds of all photos."""
        return self.plan.photos * sum(self.stage_ms.values()) / 1000

    @property
    def dollars(self) -> float:
        """Price of the photos' CPU time on EMR Serverless."""
        return core_dollars(self.core_seconds)


def collect_findings(
    rows: DataFrame,
    pairs: DataFrame,
    plan: RunPlan,
    timings: Sequence[ChunkTiming],
    pipeline: PcaPipeline | None,
    manifest: Manifest,
) -> BatchFindings:
    """Aggregate the rows and the near-duplicates of a run."""
    classified = rows.where(sql.col("verdict").isNotNull())
    expected = _expected_species(rows, manifest)
    mislabelled = _mislabelled(classified, expected)
    known = sorted(expected)
    involved = pairs.select(sql.explode(sql.array("first", "second")).alias("path")).distinct()
    return BatchFindings(
        plan=plan,
        species=_by_verdict(classified, "species"),
        labels=_by_verdict(classified, "label"),
        problems=_counts(rows.where(sql.col("problem").isNotNull()), sql.col("problem")),
        issues=_counts(classified, sql.explode("issues")),
        oddest=_first(classified, sql.col("score")),
        doubtful=_first(classified.where(sql.col("verdict") != "not_recognised"), sql.col("margin")),
        label_errors=_first(mislabelled, sql.col("confidence").desc()),
        label_errors_total=mislabelled.count(),
        unknown_labels=classified.where(sql.col("label").isNull() | ~sql.col("label").isin(known)).count(),
        duplicate_pairs=pairs.count(),
        duplicate_photos=involved.count(),
        duplicates=_duplicates(rows, pairs),
        points=_points(classified, pipeline, plan),
        stage_ms=_stage_means(rows),
        seconds=busy_seconds(timings),
        cores=max((timing.cores for timing in timings), default=0),
    )


def _by_verdict(classified: DataFrame, column: str) -> dict[str, dict[str, int]]:
    """Return the number of photos of each verdict by a column, the most frequent value first."""
    counted = classified.groupBy(column).pivot("verdict", list(VERDICTS)).count().na.fill(0).collect()
    table = {row[column] or "(no folder)": {verdict: row[verdict] for verdict in VERDICTS} for row in counted}
    return dict(sorted(table.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def _counts(rows: DataFrame, value: Column) -> dict[str, int]:
    counted = rows.select(value.alias("value")).groupBy("value").count().collect()
    return {row["value"]: row["count"] for row in sorted(counted, key=lambda row: -row["count"])}


def _first(rows: DataFrame, order: Column) -> list[Row]:
    first: list[Row] = rows.select(*_SHOWN).orderBy(order, "path").limit(GALLERY).collect()
    return first


def _expected_species(rows: DataFrame, manifest: Manifest) -> dict[str, str]:
    """Return the slug of each folder that is named after a species of the model, in any of its names."""
    slugs = {
        slugify(name): species.slug
        for species in manifest.labels
        for name in (species.slug, species.scientific_name, *species.common_names.values())
    }
    labels = [row["label"] for row in rows.select("label").distinct().collect() if row["label"]]
    return {label: slugs[slugify(label)] for label in labels if slugify(label) in slugs}


def _mislabelled(classified: DataFrame, expected: Mapping[str, str]) -> DataFrame:
    """Return the photos that are identified as another species than that of their folder."""
    spark = SparkSession.active()
    folders = spark.createDataFrame(sorted(expected.items()), "label string, expected string")
    identified = classified.where(sql.col("verdict") == "identified")
    return identified.join(sql.broadcast(folders), "label").where(sql.col("species") != sql.col("expected"))


def _duplicates(rows: DataFrame, pairs: DataFrame) -> list[tuple[Row, Row, int]]:
    closest = pairs.orderBy("distance", "first", "second").limit(GALLERY).collect()
    paths = sorted({path for pair in closest for path in (pair["first"], pair["second"])})
    shown = rows.select(*_SHOWN).where(sql.col("path").isin(paths)).collect()
    by_path = {row["path"]: row for row in shown}
    return [(by_path[pair["first"]], by_path[pair["second"]], pair["distance"]) for pair in closest]


def _points(classified: DataFrame, pipeline: PcaPipeline | None, plan: RunPlan) -> list[MapPoint]:
    """Return a sample of the photos with their first two principal components."""
    if pipeline is None:
        return []
    share = min(1.0, 1.2 * MAP_POINTS / plan.photos)
    sample = classified.select(*_SHOWN, pipeline.column).sample(share, seed=0).limit(MAP_POINTS).collect()
    if not sample:
        return []
    vectors = np.array([row[pipeline.column] for row in sample], np.float64)
    flat = pipeline.project(vectors, 2)
    return [MapPoint(float(x), float(y), row) for (x, y), row in zip(flat, sample, strict=True)]


def _stage_means(rows: DataFrame) -> dict[str, float]:
    means = (
        rows.where(sql.col("verdict").isNotNull())
        .select(*(sql.avg(stage).alias(stage) for stage in STAGES))
        .first()
    )
    return {stage.removesuffix("_ms"): means[stage] or 0.0 for stage in STAGES} if means else {}
