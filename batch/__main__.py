"""The command `python -m batch`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from batch.errors import BatchError
from frond.problems import Problem

MODEL = Path(__file__).parents[1] / "functions" / "classify" / "model"
STACK_FILE = Path(__file__).parents[1] / ".frond" / "stack.json"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def batch(
    photos: Annotated[str, typer.Argument(metavar="PHOTOS", help="A folder, or s3://BUCKET/PREFIX.")],
    out: Annotated[str, typer.Argument(metavar="OUT", help="A folder for the results; on EMR also s3://….")],
    model: Annotated[Path, typer.Option(help="Folder with model.tflite and manifest.json.")] = MODEL,
    features: Annotated[
        Path | None, typer.Option(help="Folder of `training export-features`: adds 2,048 features a photo.")
    ] = None,
    pipeline: Annotated[
        str | None, typer.Option(metavar="OUT", help="Apply the PCA of this finished run; fit none.")
    ] = None,
    components: Annotated[
        int | None, typer.Option(min=1, help="Number of components; by default by --variance.")
    ] = None,
    variance: Annotated[float, typer.Option(min=0, max=1, help="Share of the variance to explain.")] = 0.95,
    chunk: Annotated[
        int, typer.Option(min=1, help="Photos that a killed run does again at most twice.")
    ] = 2000,
    cores: Annotated[
        int | None, typer.Option(min=1, help="Tasks at once on this machine; by default one a core.")
    ] = None,
    local: Annotated[
        bool, typer.Option("--local", help="Read s3:// from the stack of `make serve`.")
    ] = False,
    cluster: Annotated[bool, typer.Option("--cluster", help="Run under spark-submit, as EMR does.")] = False,
) -> None:
    """Classify every photo below a folder or prefix; write rows, a PCA and a report.

    Run the same command again after an interruption: finished chunks are not done again.
    """
    from batch.batch_run import BatchOptions, run  # noqa: PLC0415 - slow, and --help does not need it
    from batch.photo_files import list_photos  # noqa: PLC0415
    from batch.run_storage import open_storage  # noqa: PLC0415
    from batch.session import cluster_session, local_session  # noqa: PLC0415
    from frond.manifest import read_manifest  # noqa: PLC0415

    if local:
        use_local_stack(STACK_FILE)
    # What is wrong with the names shows now, and not after Spark's start.
    next(list_photos(photos), None)
    open_storage(out)
    read_manifest(model)
    options = BatchOptions(photos, out, model, features, pipeline, components, variance, chunk)
    spark = cluster_session() if cluster else local_session(cores or len(os.sched_getaffinity(0)))
    spark.sparkContext.setLogLevel("FATAL")
    try:
        plan = run(options, spark, lambda line: typer.echo(line, err=True))
    finally:
        spark.stop()
    typer.echo(f"{plan.photos:,} photos: {out.rstrip('/')}/report.html")


def use_local_stack(stack_file: Path) -> None:
    """Point this process, and Spark's workers after it, at the S3 of the stack that runs here.

    Raises
    ------
    batch.errors.BatchError
        No stack runs.
    """
    import json  # noqa: PLC0415

    try:
        stack = json.loads(stack_file.read_bytes())
    except FileNotFoundError:
        raise BatchError("No local stack runs; start one with `make serve`.") from None
    os.environ |= {
        "AWS_ENDPOINT_URL": stack["aws_endpoint_url"],
        "AWS_DEFAULT_REGION": stack["region"],
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def main() -> None:
    """Run the command; print an error that the user can fix as one sentence, with exit code 1."""
    try:
        app(prog_name="python -m batch")
    except (BatchError, Problem) as error:
        typer.secho(f"Error: {error}", err=True, fg="red")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
