"""``.frond/stack.json``: where a stack on this machine says how to reach it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frond_client.errors import FrondError

_NAME = "name a deployed stack with --stack"
_OUTPUTS = {
    "ApiUrl": "api_url",
    "UploadsBucketName": "uploads_bucket",
    "PicturesBucketName": "pictures_bucket",
    "ResultsBucketName": "results_bucket",
    "ModelsBucketName": "models_bucket",
    "TableName": "table",
}


@dataclass(frozen=True)
class StackFacts:
    """What the file says.

    Attributes
    ----------
    endpoint
        Of its AWS, as a URL.
    outputs
        By the names that the template's outputs have; ``None`` for what the stack does not have.
    """

    endpoint: str
    region: str
    api_key: str
    outputs: Mapping[str, str | None]


def read_stack_file(or_else: str = _NAME) -> StackFacts:
    """Return what the file in this folder or the nearest one above says.

    Parameters
    ----------
    or_else
        What else one can do where there is none.

    Raises
    ------
    FrondError
        If there is no file, it cannot be read, or its stack no longer runs.
    """
    here = Path.cwd()
    start = f"Start one with `make serve`, or {or_else}."
    for folder in (here, *here.parents):
        path = folder / ".frond" / "stack.json"
        if path.is_file():
            return _facts(path, start)
    raise FrondError(f"No stack runs here: there is no .frond/stack.json in {here} or above. {start}")


def _facts(path: Path, start: str) -> StackFacts:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        facts = StackFacts(
            endpoint=said["aws_endpoint_url"],
            region=said["region"],
            api_key=said["api_key"],
            outputs={output: said.get(name) for output, name in _OUTPUTS.items()},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FrondError(f"{path} cannot be read as the address of a stack. {start}") from error
    pid = said.get("pid")
    if isinstance(pid, int) and not _runs(pid):
        raise FrondError(f"The stack of {path} (process {pid}) no longer runs. {start}")
    return facts


def _runs(pid: int) -> bool:
    # On Windows this question would end the process.
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
