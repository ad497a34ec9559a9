"""Tags: the user's own word for the photos of a walk, a field or a batch."""

import re

import typer

# As in the API's contract; ASCII, because S3 metadata is.
TAG_PATTERN = r"[A-Za-z0-9]([A-Za-z0-9 ._:/-]{0,62}[A-Za-z0-9])?"


def check_tag(tag: str | None) -> str | None:
    """Return a tag.

    Raises
    ------
    typer.BadParameter
        If the service does not take it.
    """
    if tag is not None and not re.fullmatch(TAG_PATTERN, tag):
        raise typer.BadParameter(
            f"{tag!r} is no tag: up to 64 letters, digits, spaces and . _ : / -, ending in a letter or digit."
        )
    return tag
