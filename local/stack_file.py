"""Write ``.frond/stack.json``, by which other programs find a running stack."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from local.cloud import Cloud, DeployedStack


@dataclass(frozen=True)
class StackInfo:
    """URLs, API key and resource names of a running stack; ``None`` for a resource it does not have."""

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


def stack_info(stack: DeployedStack, api_url: str, api_key: str, cloud: Cloud) -> StackInfo:
    """Return the info of a stack; resource names are outputs of its template."""
    outputs = stack.outputs
    return StackInfo(
        api_url=api_url,
        api_key=api_key,
        aws_endpoint_url=cloud.endpoint,
        region=cloud.region,
        uploads_bucket=outputs.get("UploadsBucketName"),
        pictures_bucket=outputs.get("PicturesBucketName"),
        results_bucket=outputs.get("ResultsBucketName"),
        models_bucket=outputs.get("ModelsBucketName"),
        table=outputs.get("TableName"),
        pid=os.getpid(),
    )


class StackFile:
    """Write the file while the context is open; then restore that of another stack that still runs.

    Parameters
    ----------
    path
        Path of the file. An older file, left by a stack that crashed, is replaced for good.
    content
        Content of the file.
    """

    def __init__(self, path: Path, content: StackInfo) -> None:
        self._path = path
        self._content = content
        self._earlier: str | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        owner = owner_pid(self._path)
        if owner is not None and owner != self._content.pid:
            self._earlier = self._path.read_text(encoding="utf-8")
        self._write(json.dumps(asdict(self._content), indent=2) + "\n")
        return self

    def _write(self, text: str) -> None:
        draft = self._path.with_name(f"{self._path.name}.{self._content.pid}")
        # The file holds the API key: only this user may read it.
        draft.touch(mode=0o600)
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._path)

    def __exit__(self, *_: object) -> None:
        if owner_pid(self._path) != self._content.pid:
            return
        if self._earlier is not None and is_running(json.loads(self._earlier)["pid"]):
            self._write(self._earlier)
        else:
            self._path.unlink()


def owner_pid(path: Path) -> int | None:
    """Return the process id in the file; ``None`` if the file is missing or invalid."""
    try:
        pid = json.loads(path.read_text(encoding="utf-8"))["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if isinstance(pid, int) else None


def is_running(pid: int) -> bool:
    """Return whether a process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
