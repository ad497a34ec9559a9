"""Install what a Lambda has at ``/var/task``: each implementation's packages, and Frond's code and model."""

import compileall
import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory

from benchmarks import dockerfile_steps
from benchmarks.paths import LOCKS, ROOT, TASKS, cached, remove

DOCKERFILE = ROOT / "functions" / "classify" / "Dockerfile"
_MESSAGE_CHARACTERS = 600


class NotInstalledError(Exception):
    """Packages that could not be installed, with the reason."""


@cache
def task_root(packages: str) -> Path:
    """Return the folder of an implementation's packages; install them first if the lock file has changed.

    Frond's packages are installed by the steps of the image's Dockerfile.

    Raises
    ------
    NotInstalledError
        If pip has no package for this Python and machine, or a step of the Dockerfile fails.
    """
    ours = packages == "classify"
    lock = LOCKS / f"{packages}.txt"
    folder = TASKS / f"{packages}-{_fingerprint([lock, DOCKERFILE] if ours else [lock])}"
    if not folder.exists():
        for outdated in TASKS.glob(f"{packages}-*"):
            remove(outdated)
    return cached(folder, _shipped if ours else lambda draft: _install(lock, draft))


def pip_install(lock: Path, folder: Path) -> None:
    """Install locked packages into a folder, with hash checks and wheels only.

    Raises
    ------
    NotInstalledError
        If pip fails, with its message.
    """
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--require-hashes", "--only-binary", ":all:", "--no-compile", "--target", str(folder)]
    done = subprocess.run([*pip, *options, "-r", str(lock)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        raise NotInstalledError(
            f"pip could not install {lock.name}: {' '.join(errors)[-_MESSAGE_CHARACTERS:]}"
        )


def _install(lock: Path, folder: Path) -> None:
    pip_install(lock, folder)
    _compile(folder)


def _shipped(folder: Path) -> None:
    """Run the packages stage of the Dockerfile."""
    folder.mkdir()
    stage = dockerfile_steps.steps(DOCKERFILE.read_text(encoding="utf-8"), "packages")
    with TemporaryDirectory() as scratch:
        try:
            dockerfile_steps.run_steps(stage, ROOT, {"/var/task": folder, "/tmp": Path(scratch)})
        except dockerfile_steps.StepError as error:
            raise NotInstalledError(f"A step of the Dockerfile failed: {error}") from error


@cache
def image_variables() -> dict[str, str]:
    """Return the environment variables of the image."""
    stage = dockerfile_steps.steps(DOCKERFILE.read_text(encoding="utf-8"), "last")
    pairs = (pair.partition("=") for word, rest in stage if word == "ENV" for pair in rest.split())
    return {name: value for name, _, value in pairs}


@cache
def frond_code() -> Path:
    """Return a folder with Frond's current code and model, as in the image."""
    folder = TASKS / "ours"
    remove(folder)
    return cached(folder, _code)


def _code(folder: Path) -> None:
    shutil.copytree(ROOT / "functions" / "classify", folder, ignore=_not_shipped)
    shutil.copytree(ROOT / "layers" / "frond" / "python" / "frond", folder / "frond", ignore=_not_shipped)
    _compile(folder)


def _compile(folder: Path) -> None:
    # As in the image: code that is not compiled at build time is compiled at every cold start.
    compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


def _not_shipped(folder: str, names: list[str]) -> set[str]:
    # As in .dockerignore: of the model's report, only the gallery that the API serves.
    if Path(folder).name == "report":
        return set(names) - {"gallery"}
    return {"Dockerfile", "__pycache__"} & set(names)


def _fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
