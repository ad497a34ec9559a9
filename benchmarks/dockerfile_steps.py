"""Run the steps of a Dockerfile's stage in folders, to benchmark what the image contains."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path


class StepError(Exception):
    """A step of the Dockerfile that failed, with its output."""


def steps(dockerfile: str, stage: str) -> list[tuple[str, str]]:
    """Return the instructions of a stage: keyword and arguments.

    Raises
    ------
    StepError
        If there is no such stage.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] = []
    for word, rest in _instructions(dockerfile):
        if word == "FROM":
            current = found.setdefault(rest.partition(" AS ")[2] or "last", [])
        else:
            current.append((word, rest))
    if stage not in found:
        raise StepError(f"The Dockerfile has no stage {stage!r}.")
    return found[stage]


def run_steps(stage: list[tuple[str, str]], context: Path, folders: Mapping[str, Path]) -> None:
    """Run ``COPY`` and ``RUN`` steps, with folders of this machine instead of the image's.

    Parameters
    ----------
    stage
        Instructions from :func:`steps`.
    context
        Source folder of ``COPY``.
    folders
        Folders of this machine by those of the image; the first is the working directory.

    Raises
    ------
    StepError
        If a command fails.
    """
    shell = ["/bin/sh", "-c"]
    work = next(iter(folders.values()))
    for word, rest in stage:
        if word == "SHELL":
            shell = re.findall(r'"([^"]*)"', rest)
        elif word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                shutil.copy(context / source, _localize(target, folders))
        elif word == "RUN":
            _run([*shell, _localize(rest, folders)], work)


def _instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.split(r"(?<!\\)\n", "\n".join(lines)):
        word, _, rest = line.replace("\\\n", " ").partition(" ")
        yield word, " ".join(rest.split())


def _localize(text: str, folders: Mapping[str, Path]) -> str:
    # In one pass: a replacement may itself contain the name of another folder.
    names = "|".join(re.escape(folder) for folder in folders)
    return re.sub(rf"(?<![\w/])({names})(?!\w)", lambda found: str(folders[found[1]]), text)


def _run(command: list[str], folder: Path) -> None:
    # python3 is the interpreter of this process.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StepError(f"{command[-1]}\n{done.stderr.strip()[-2000:]}")
