"""Options that several commands have."""

from typing import Annotated

import typer

Bucket = Annotated[
    str | None, typer.Option(envvar="FROND_MODELS_BUCKET", help="The registry: s3://bucket, or its name.")
]
Local = Annotated[bool, typer.Option("--local", help="The registry of the stack that `make serve` runs.")]
By = Annotated[str | None, typer.Option(help="Who does this; by default your AWS identity.")]
Why = Annotated[str | None, typer.Option(help="Kept in the history.")]
