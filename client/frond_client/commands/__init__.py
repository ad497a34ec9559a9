"""The commands of `frond`, one per file.

A command imports its dependencies when it runs: boto3 is slow to import, and `--help` does not need it.
"""

from typing import Annotated

import typer

from frond_client.photo_tags import check_tag

StackName = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        envvar="FROND_STACK",
        help="A stack deployed on AWS; by default the one that `make serve` runs here.",
    ),
]
Tag = Annotated[
    str | None,
    typer.Option(
        callback=check_tag, help="Your word for these photos, to find them by; no personal data, please."
    ),
]
SendPlace = Annotated[
    bool,
    typer.Option(
        "--send-place", help="Send the place where a photo was taken, too; without, it stays on this device."
    ),
]
