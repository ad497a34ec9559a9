"""The local stack's file ``.frond/stack.json``: its URLs, key and resources."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frond_client.errors import FrondError

_USE_STACK_OPTION = "name a deployed stack with --stack"
_OUTPUTS = {
    "ApiUrl": "api_url",
    "UploadsBucketName": "uploads_bucket",
    "PicturesBucketName": "pictures_bucket",
    "ResultsBucketName": "results_bucket",
    "ModelsBucketName": "models_bucket",
    "TableName": "table",
}


@dataclass(frozen=True)
class LocalStack:
    """The connection details of a stack on this machine.

    Attributes
    ----------
    aws_endpoint_url
        URL of its S3, SQS and other AWS APIs.
    outputs
        The template's outputs by name; ``None`` for a resource that the stack does not have.
    """

    aws_endpoint_url: str
    region: str
    api_key: str
    outputs: Mapping[str, str | None]


def find_local_stack(or_else: str = _USE_STACK_OPTION) -> LocalStack:
    """Read the stack file in this folder, or in the nearest folder above that has one.

    Parameters
    ----------
    or_else
        The alternative to a local stack, for the error message.

    Raises
    ------
    FrondError
        If there is no file, it cannot be read, or its stack no longer runs.
    """
    here = Path.cwd()
    hint = f"Start one with `make serve`, or {or_else}."
    for folder in (here, *here.parents):
        path = folder / ".frond" / "stack.json"
        if path.is_file():
            return _read(path, hint)
    raise FrondError(f"No stack runs here: there is no .frond/stack.json in {here} or above. {hint}")


def _read(path: Path, hint: str) -> LocalStack:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        stack = LocalStack(
            aws_endpoint_url=content["aws_endpoint_url"],
            region=content["region"],
            api_key=content["api_key"],
            outputs={output: content.get(name) for output, name in _OUTPUTS.items()},
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FrondError(f"{path} is not a valid stack file. {hint}") from error
    pid = content.get("pid")
    if isinstance(pid, int) and not _is_running(pid):
        raise FrondError(f"The stack of {path} (process {pid}) no longer runs. {hint}")
    return stack


def _is_running(pid: int) -> bool:
    # On Windows, os.kill would end the process.
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
