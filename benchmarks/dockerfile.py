"""The steps of a Dockerfile's stage, done to a folder, so that what is measured is what the image gets."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path


class StepError(Exception):
    """A step of the Dockerfile that did not work here, with what it said."""


def steps(dockerfile: str, stage: str) -> list[tuple[str, str]]:
    """Return a stage's instructions: the word in capitals, and what follows it.

    Raises
    ------
    StepError
        There is no such stage.
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


def carry_out(stage: list[tuple[str, str]], context: Path, places: Mapping[str, Path]) -> None:
    """Do what ``COPY`` and ``RUN`` say, with folders of this machine for those of the image.

    Parameters
    ----------
    stage
        From :func:`steps`.
    context
        What ``COPY`` copies from.
    places
        Folders of the image, and those that take their place here; the first is where commands run.

    Raises
    ------
    StepError
        A command failed.
    """
    shell = ["/bin/sh", "-c"]
    work = next(iter(places.values()))
    for word, rest in stage:
        if word == "SHELL":
            shell = re.findall(r'"([^"]*)"', rest)
        elif word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                shutil.copy(context / source, _here(target, places))
        elif word == "RUN":
            _run([*shell, _here(rest, places)], work)


def _instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in dockerfile.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.split(r"(?<!\\)\n", "\n".join(lines)):
        word, _, rest = line.replace("\\\n", " ").partition(" ")
        yield word, " ".join(rest.split())


def _here(text: str, places: Mapping[str, Path]) -> str:
    # All at once: what takes a folder's place may be below another's.
    names = "|".join(re.escape(place) for place in places)
    return re.sub(rf"(?<![\w/])({names})(?!\w)", lambda found: str(places[found[1]]), text)


def _run(command: list[str], folder: Path) -> None:
    # python3 is the one that runs this.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StepError(f"{command[-1]}\n{done.stderr.strip()[-2000:]}")
