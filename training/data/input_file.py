"""A file beside the photos that decides a data set: a table of groups, of species or of label issues."""

from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel

from training.errors import TrainingError


class InputFile(BaseModel):
    """The name and the sha256 of the file."""

    name: str
    sha256: str


def describe_file(path: Path | None) -> InputFile | None:
    """Return the name and hash of a file; None for no path.

    Raises
    ------
    training.errors.TrainingError
        The file cannot be read.
    """
    if path is None:
        return None
    try:
        return InputFile(name=path.name, sha256=sha256(path.read_bytes()).hexdigest())
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error}") from error
