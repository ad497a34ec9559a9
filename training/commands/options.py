"""Options that several commands share."""

from typing import Annotated

import typer

Bucket = Annotated[
    str | None,
    typer.Option(envvar="FROND_MODELS_BUCKET", help="The registry's bucket, or its s3:// URI."),
]
Local = Annotated[bool, typer.Option("--local", help="Use the registry of the local stack (`make serve`).")]
By = Annotated[str | None, typer.Option(help="Your name for the history; by default your AWS identity.")]
Why = Annotated[str | None, typer.Option(help="Reason, for the history.")]
