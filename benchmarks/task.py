"""What a Lambda would find at ``/var/task``: each contender's packages, and Frond's code and model."""

import compileall
import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory

from benchmarks import dockerfile
from benchmarks.places import LOCKS, ROOT, TASKS, discard, kept

DOCKERFILE = ROOT / "functions" / "classify" / "Dockerfile"
_LAST_WORDS = 600


class NotInstalledError(Exception):
    """Packages that this machine cannot have, with the reason."""


@cache
def task(packages: str) -> Path:
    """Return the folder with a contender's packages; it is made once, and again when its list changes.

    Frond's is what the image's Dockerfile makes of it.

    Raises
    ------
    NotInstalledError
        pip found no such package for this Python and machine, or the Dockerfile's steps failed.
    """
    ours = packages == "classify"
    lock = LOCKS / f"{packages}.txt"
    folder = TASKS / f"{packages}-{_fingerprint([lock, DOCKERFILE] if ours else [lock])}"
    if not folder.exists():
        for outdated in TASKS.glob(f"{packages}-*"):
            discard(outdated)
    return kept(folder, _shipped if ours else lambda draft: _install(lock, draft))


def pip_install(lock: Path, folder: Path) -> None:
    """Install locked packages into a folder, every hash checked, wheels only.

    Raises
    ------
    NotInstalledError
        With what pip said.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--require-hashes", "--only-binary", ":all:", "--no-compile", "--target", str(folder)]
    done = subprocess.run([*pip, *options, "-r", str(lock)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        raise NotInstalledError(f"pip could not install {lock.name}: {' '.join(said)[-_LAST_WORDS:]}")


def _install(lock: Path, folder: Path) -> None:
    pip_install(lock, folder)
    _compile(folder)


def _shipped(folder: Path) -> None:
    """Do what the image's build does for its packages."""
    folder.mkdir()
    stage = dockerfile.steps(DOCKERFILE.read_text(encoding="utf-8"), "packages")
    with TemporaryDirectory() as scratch:
        try:
            dockerfile.carry_out(stage, ROOT, {"/var/task": folder, "/tmp": Path(scratch)})
        except dockerfile.StepError as error:
            raise NotInstalledError(f"A step of the Dockerfile failed: {error}") from error


@cache
def shipped_variables() -> dict[str, str]:
    """Return the variables that the image sets."""
    stage = dockerfile.steps(DOCKERFILE.read_text(encoding="utf-8"), "last")
    pairs = (pair.partition("=") for word, rest in stage if word == "ENV" for pair in rest.split())
    return {name: value for name, _, value in pairs}


@cache
def code() -> Path:
    """Return a folder with Frond's code and model of today, as the image has them beside its packages."""
    folder = TASKS / "ours"
    discard(folder)
    return kept(folder, _code)


def _code(folder: Path) -> None:
    shutil.copytree(ROOT / "functions" / "classify", folder, ignore=_not_shipped)
    shutil.copytree(ROOT / "layers" / "frond" / "python" / "frond", folder / "frond", ignore=_not_shipped)
    _compile(folder)


def _compile(folder: Path) -> None:
    # As the image has them: what is not compiled beforehand is compiled at every cold start.
    compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


def _not_shipped(folder: str, names: list[str]) -> set[str]:
    # As .dockerignore has it: of the model's report only the photos that the API shows.
    if Path(folder).name == "report":
        return set(names) - {"gallery"}
    return {"Dockerfile", "__pycache__"} & set(names)


def _fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
