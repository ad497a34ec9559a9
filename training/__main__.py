"""The commands of `python -m training`."""

import typer

from frond.problems import Problem
from training.commands.calibrate import calibrate
from training.commands.clean import clean
from training.commands.compare import compare
from training.commands.corruption_benchmark import corruption_benchmark
from training.commands.detect import app as detect
from training.commands.evaluate import evaluate
from training.commands.export import export
from training.commands.export_features import export_features
from training.commands.extract_background import extract_background
from training.commands.feedback import feedback
from training.commands.fit import fit
from training.commands.gpu_kit import gpu_kit
from training.commands.list import list_releases
from training.commands.ood_benchmark import ood_benchmark
from training.commands.prepare import prepare
from training.commands.promote import promote
from training.commands.release import release
from training.commands.report import report
from training.commands.reproduce import reproduce
from training.commands.rollback import rollback
from training.errors import TrainingError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def training() -> None:
    """Train, evaluate, release and roll back a model for your own plants."""


for command in (
    prepare,
    clean,
    fit,
    compare,
    export,
    export_features,
    calibrate,
    evaluate,
    report,
    reproduce,
    ood_benchmark,
    corruption_benchmark,
    extract_background,
    release,
    promote,
    rollback,
    feedback,
):
    app.command()(command)
app.command("list")(list_releases)
app.add_typer(detect, name="detect")
app.add_typer(gpu_kit, name="gpu-kit")


def main() -> None:
    """Run a command; print an error that the user can fix as one sentence, with exit code 1."""
    try:
        app()
    except (TrainingError, Problem) as error:
        typer.secho(f"Error: {error}", err=True, fg="red")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
