"""A run of the batch job: classify what is not classified yet, fit or load the PCA, write the report."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from batch.errors import BatchError
from batch.feature_extractor import read_card
from batch.moments import column_moments
from batch.near_duplicates import near_duplicates
from batch.pca_pipeline import PcaPipeline, fit_pca
from batch.photo_classification import PhotoClassifier, ship_classifier
from batch.photo_files import list_photos
from batch.report.findings import collect_findings
from batch.report.render import write_report
from batch.rows_csv import MAX_ROWS, write_csv
from batch.run_plan import (
    ROWS_NAME,
    ChunkTiming,
    RunPlan,
    chunk_timing,
    finish_chunk,
    open_plan,
    plan_name,
    read_chunk,
    rows_name,
)
from batch.run_storage import RunStorage, open_storage
from batch.spark_errors import spark_errors
from frond.manifest import read_manifest

PROJECTED_NAME, DUPLICATES_NAME = "projected", "near-duplicates"
# The tasks of the next chunk use the cores that the last ones of a chunk leave idle.
CHUNKS_AT_ONCE = 2
MAX_PHOTOS_PER_TASK = 256
ROWS_PER_BATCH, VECTORS_PER_BATCH = 64, 1000
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """Options of a run.

    Attributes
    ----------
    photos, out
        Folder or ``s3://`` prefix of the photos, and of the results.
    model
        Folder of the served model.
    features
        Folder of a feature extractor; None for no features.
    pipeline
        Folder of another run whose PCA is applied; None to fit one.
    components, variance
        Number of components, or the share of the variance that they explain.
    chunk_photos
        Photos of a chunk, which is done again if the run is killed in it.
    """

    photos: str
    out: str
    model: Path
    features: Path | None = None
    pipeline: str | None = None
    components: int | None = None
    variance: float = 0.95
    chunk_photos: int = 2000


def run(options: BatchOptions, spark: SparkSession, progress: Progress) -> RunPlan:
    """Classify every photo once, and write rows, projections, near-duplicates and the report.

    Raises
    ------
    batch.errors.BatchError
        The photos, the model or a folder cannot be used, or Spark failed. The chunks that were finished
        are not done again by the next run with the same folder.
    """
    storage = open_storage(options.out)
    plan = open_plan(storage, _wanted(options), list_photos(options.photos), options.chunk_photos)
    given = _given_pipeline(options, plan)
    with spark_errors():
        _classify(options, spark, storage, plan, progress)
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", VECTORS_PER_BATCH)
        rows = spark.read.parquet(storage.url(ROWS_NAME))
        progress("PCA and near-duplicates …")
        pipeline = given or _fitted_pipeline(options, storage, plan, rows)
        if pipeline:
            progress(f"{pipeline.k} components explain {pipeline.ratios[: pipeline.k].sum():.1%}")
            projected = pipeline.project_rows(rows)
            projected.write.mode("overwrite").partitionBy("label").parquet(storage.url(PROJECTED_NAME))
        near_duplicates(rows).write.mode("overwrite").parquet(storage.url(DUPLICATES_NAME))
        pairs = spark.read.parquet(storage.url(DUPLICATES_NAME))
        progress("Report …")
        if plan.photos <= MAX_ROWS:
            write_csv(rows, storage)
        timings = [timing for chunk in range(plan.chunks) if (timing := chunk_timing(storage, chunk))]
        findings = collect_findings(rows, pairs, plan, timings, pipeline, read_manifest(options.model))
    write_report(findings, pipeline, storage)
    return plan


def _wanted(options: BatchOptions) -> RunPlan:
    manifest = read_manifest(options.model)
    root = options.photos if options.photos.startswith("s3://") else str(Path(options.photos).absolute())
    return RunPlan(
        root=root.rstrip("/"),
        model_version=manifest.version,
        model_sha256=manifest.file.sha256,
        features_sha256=read_card(options.features).sha256 if options.features else None,
        created_at=datetime.now(UTC),
    )


def _classify(
    options: BatchOptions, spark: SparkSession, storage: RunStorage, plan: RunPlan, progress: Progress
) -> None:
    """Classify the chunks that are not finished."""
    pending = [chunk for chunk in range(plan.chunks) if chunk_timing(storage, chunk) is None]
    progress(f"{plan.photos:,} photos in {plan.chunks:,} chunks, {len(pending):,} to do")
    if not pending:
        return
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", ROWS_PER_BATCH)
    classifier = ship_classifier(spark, options.model, options.features)
    with ThreadPoolExecutor(CHUNKS_AT_ONCE) as threads:
        runs = [threads.submit(_classify_chunk, spark, storage, classifier, chunk) for chunk in pending]
        try:
            for done, each in enumerate(runs, 1):
                each.result()
                progress(f"{done:,} of {len(pending):,} chunks")
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            spark.sparkContext.cancelAllJobs()
            raise


def _classify_chunk(
    spark: SparkSession, storage: RunStorage, classifier: PhotoClassifier, chunk: int
) -> None:
    photos, cores = len(read_chunk(storage, chunk)), spark.sparkContext.defaultParallelism
    slices = min(photos, max(2 * cores, -(-photos // MAX_PHOTOS_PER_TASK)))
    started = time.time()
    # Neighbours in a list are alike in size; dealt out one by one they give tasks of equal work.
    listed = spark.read.parquet(storage.url(plan_name(chunk))).repartition(slices)
    rows = classifier.classify(listed)
    # Overwriting removes what a killed run left of this chunk.
    rows.write.mode("overwrite").parquet(storage.url(rows_name(chunk)))
    timing = ChunkTiming(photos=photos, started=started, ended=time.time(), cores=cores)
    finish_chunk(storage, chunk, timing)


def _fitted_pipeline(
    options: BatchOptions, storage: RunStorage, plan: RunPlan, rows: DataFrame
) -> PcaPipeline | None:
    """Fit the PCA and save it; None if there are too few photos, or all are the same."""
    column, source = _analysed(plan)
    moments = column_moments(rows, column)
    if moments is None or moments.count < 2 or not moments.scatter.any():
        return None
    pipeline = fit_pca(moments, column, source, options.components, options.variance)
    pipeline.save(storage)
    return pipeline


def _given_pipeline(options: BatchOptions, plan: RunPlan) -> PcaPipeline | None:
    """Load the PCA of another run, before the long work; None if none is wanted."""
    if options.pipeline is None:
        return None
    pipeline = PcaPipeline.load(open_storage(options.pipeline))
    if pipeline is None:
        raise BatchError(f"{options.pipeline} holds no fitted PCA; name the OUT folder of a finished run.")
    if (pipeline.column, pipeline.source) != _analysed(plan):
        raise BatchError(
            f"The PCA of {options.pipeline} was fitted to the {pipeline.column} of another model."
        )
    return pipeline


def _analysed(plan: RunPlan) -> tuple[str, str]:
    """Return the column that the PCA is of, and the hash of the file that computes it."""
    if plan.features_sha256:
        return "features", plan.features_sha256
    return "embedding", plan.model_sha256
