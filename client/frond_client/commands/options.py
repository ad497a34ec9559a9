"""Options that several commands have."""

from typing import Annotated

import typer

StackName = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        envvar="FROND_STACK",
        help="A stack deployed on AWS; without it, the one that `make serve` runs here.",
    ),
]
