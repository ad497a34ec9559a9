"""Commands of ``python -m tools.deployment``, which ``make build``, ``deploy`` and ``delete`` run."""

import json
import subprocess
from collections.abc import Callable
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from tools.deployment.image_retention import expire_old_images
from tools.deployment.machine import ArchitectureMismatchError
from tools.deployment.retained_data import RetainedData
from tools.deployment.sam import ROOT, Sam
from tools.deployment.stack_config import StackConfig, StackConfigError, parse_parameters, read_stack_config
from tools.deployment.stack_import import StackImportError, import_documents

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Stage = Annotated[str, typer.Option(help="Stage of the API; the stack is frond-STAGE.")]
Parameters = Annotated[
    list[str], typer.Option("--parameter", metavar="NAME=VALUE", help="Parameter of the template.")
]


@app.command()
def build(stage: Stage = "dev", parameter: Parameters = []) -> None:  # noqa: B006 - Typer copies it
    """Build image, layer and function."""
    _run(lambda: Sam(_config(stage, parameter)).build())


@app.command()
def deploy(
    stage: Stage = "dev",
    parameter: Parameters = [],  # noqa: B006 - Typer copies it
    protect: Annotated[bool, typer.Option(help="Refuse the stack's deletion; the default of prod.")] = False,
    confirm: Annotated[bool, typer.Option(help="Show the changes, and wait for a yes.")] = True,
) -> None:
    """Deploy what `build` built, with the same parameters."""
    sam = Sam(_config(stage, parameter))
    _run(lambda: sam.deploy(confirm))
    if protect or stage == "prod":
        sam.protect(boto3.Session())
    try:
        expire_old_images(boto3.Session(), f"frond-{stage}")
    except (BotoCoreError, ClientError) as error:
        typer.secho(f"The stack is deployed, but its old images do not expire: {error}", err=True)


@app.command()
def delete(
    stage: Stage = "dev",
    with_data: Annotated[bool, typer.Option(help="Delete buckets and table, too.")] = False,
) -> None:
    """Delete a stack."""
    config = _config(stage, [])
    try:
        data = RetainedData.of_stack(boto3.Session(), config.stack_name)
    except (BotoCoreError, ClientError) as error:
        typer.secho(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"The stack {config.stack_name} will be deleted. {data.summary()}")
    if with_data or stage == "prod":
        if with_data:
            typer.echo("These buckets and the table will be deleted for good, with all photos and records.")
        if typer.prompt("Type the stack's name to go on") != config.stack_name:
            raise typer.Abort
    sam = Sam(config)
    sam.lift_protection(boto3.Session())
    _run(sam.delete)
    if with_data:
        data.delete()


@app.command()
def import_template(
    names: Annotated[
        list[str], typer.Argument(metavar="ID=NAME", help="Name of each bucket and of the table.")
    ],
) -> None:
    """Write import-template.json and import-resources.json, which begin a stack with old data."""
    try:
        documents = import_documents(ROOT / "template.yaml", parse_parameters(names))
    except (StackConfigError, StackImportError) as error:
        raise typer.BadParameter(str(error)) from error
    for name, document in zip(("import-template.json", "import-resources.json"), documents, strict=True):
        (ROOT / name).write_text(json.dumps(document, indent=2), encoding="utf-8")


def _config(stage: str, pairs: list[str]) -> StackConfig:
    try:
        return read_stack_config(ROOT / "samconfig.toml", stage, parse_parameters(pairs))
    except StackConfigError as error:
        raise typer.BadParameter(str(error)) from error


def _run(command: Callable[[], None]) -> None:
    try:
        command()
    except ArchitectureMismatchError as error:
        typer.secho(str(error), err=True)
        raise typer.Exit(1) from error
    except FileNotFoundError as error:
        typer.secho(f"{error.filename} is missing: `make build` installs the SAM CLI", err=True)
        raise typer.Exit(1) from error
    except subprocess.CalledProcessError as error:
        raise typer.Exit(error.returncode) from error


if __name__ == "__main__":
    app()
