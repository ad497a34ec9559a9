"""Write ``.frond/stack.json``, by which other programs find a running stack."""

import json
import os
from contextlib import suppress
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
    """Write the file while the context is open; then give it to the newest other stack that still runs.

    Several stacks of a folder each have a file of their own, too, in ``stacks/`` beside it.

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
        self._own = path.parent / "stacks" / f"{content.pid}.json"

    def __enter__(self) -> Self:
        self._own.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self._content), indent=2) + "\n"
        for path in (self._own, self._path):
            _write(path, text)
        return self

    def __exit__(self, *_: object) -> None:
        self._own.unlink(missing_ok=True)
        if owner_pid(self._path) == self._content.pid:
            self._hand_over()
        with suppress(OSError):  # other stacks have files in it
            self._own.parent.rmdir()

    def _hand_over(self) -> None:
        """Describe the newest other running stack, or remove the file."""
        for other in sorted(self._own.parent.glob("*.json"), key=_modified, reverse=True):
            pid = owner_pid(other)
            if pid is not None and is_running(pid):
                _write(self._path, other.read_text(encoding="utf-8"))
                return
            other.unlink(missing_ok=True)  # of a stack that was killed
        self._path.unlink()


def _write(path: Path, text: str) -> None:
    """Replace a file atomically."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    # The file holds the API key: only this user may read it.
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # its stack has just ended
        return 0


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
