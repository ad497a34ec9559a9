"""``.frond/stack.json``: where a running stack tells other programs how to reach it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from local.cloud import Stack
from local.template import REGION


@dataclass(frozen=True)
class Address:
    """How to reach a running stack; ``None`` for what its template does not have."""

    api_url: str
    api_key: str
    aws_endpoint_url: str
    region: str
    uploads_bucket: str | None
    pictures_bucket: str | None
    results_bucket: str | None
    models_bucket: str | None
    table: str | None
    pid: int


def address(stack: Stack, api_url: str, api_key: str, endpoint: str) -> Address:
    """Return a stack's address; the names of its resources are the template's outputs."""
    outputs = stack.outputs
    return Address(
        api_url=api_url,
        api_key=api_key,
        aws_endpoint_url=endpoint,
        region=REGION,
        uploads_bucket=outputs.get("UploadsBucketName"),
        pictures_bucket=outputs.get("PicturesBucketName"),
        results_bucket=outputs.get("ResultsBucketName"),
        models_bucket=outputs.get("ModelsBucketName"),
        table=outputs.get("TableName"),
        pid=os.getpid(),
    )


class StackFile:
    """The file, there for as long as the context lasts.

    Parameters
    ----------
    path
        Where it is written. What a stack that ended badly left there is replaced.
    content
        What it says.
    """

    def __init__(self, path: Path, content: Address) -> None:
        self._path = path
        self._content = content

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{self._content.pid}")
        # The key in it is this user's alone.
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self._content), indent=2) + "\n", encoding="utf-8")
        draft.replace(self._path)
        return self

    def __exit__(self, *_: object) -> None:
        if owner(self._path) == self._content.pid:
            self._path.unlink()


def owner(path: Path) -> int | None:
    """Return the process that wrote the file; ``None`` if there is no file or it cannot be read."""
    try:
        pid = json.loads(path.read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if isinstance(pid, int) else None


def running(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
