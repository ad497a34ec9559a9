"""Install AWS's runtime interface emulator, and a virtual environment for each function."""

import hashlib
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.function import Function

_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


class InstallationError(Exception):
    """Packages that could not be installed, with the reason."""


@dataclass(frozen=True)
class RuntimeEnvironment:
    """Executables that run a function under the emulator.

    Attributes
    ----------
    emulator
        Lambda runtime interface emulator.
    python
        Interpreter of an environment with the function's locked packages and AWS's runtime client only.
    """

    emulator: Path
    python: Path


def environment(function: Function, folder: Path) -> RuntimeEnvironment:
    """Return the environment of a function; install it first if its requirements have changed.

    Parameters
    ----------
    function
        Function. Beside its requirements are ``runtime.txt`` (the runtime client) and ``emulator.txt``
        (the package that contains the emulator).
    folder
        Folder of the environments.

    Raises
    ------
    InstallationError
        If this machine cannot run the emulator, or a package cannot be installed.
    """
    locks = function.requirements.parent
    emulator = _installed(folder, "emulator", [locks / "emulator.txt"], _install_emulator)
    packages = [function.requirements, locks / "runtime.txt"]
    python = _installed(folder, function.requirements.stem, packages, _install_packages)
    return RuntimeEnvironment(emulator / "samcli" / "local" / "rapid" / _binary(), python / "bin" / "python")


def _binary() -> str:
    if sys.platform != "linux" or platform.machine() not in _ARCHITECTURES:
        raise InstallationError("The Lambda emulator runs on Linux only (x86_64 or arm64)")
    return f"aws-lambda-rie-{_ARCHITECTURES[platform.machine()]}"


def _installed(
    folder: Path, name: str, requirements: list[Path], install: Callable[[Path, list[Path]], None]
) -> Path:
    """Return the folder of these requirements; install them if it is missing."""
    home = folder / f"{name}-{_fingerprint(requirements)}"
    complete = home / ".complete"
    if not complete.exists():
        for outdated in folder.glob(f"{name}-*"):
            shutil.rmtree(outdated)
        home.mkdir(parents=True)
        install(home, requirements)
        complete.touch()
    return home


def _fingerprint(requirements: list[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in requirements:
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise InstallationError(f"{path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()[:12]


def _install_emulator(home: Path, requirements: list[Path]) -> None:
    # The emulator is a binary in the package; the command beside it would need a hundred more packages.
    _install(["--no-deps", "--target", str(home)], requirements)


def _install_packages(home: Path, requirements: list[Path]) -> None:
    # Without pip: this environment's pip installs into it.
    venv.create(home, with_pip=False, symlinks=True)
    _install([], requirements, python=home / "bin" / "python")


def _install(options: list[str], requirements: list[Path], python: Path = Path(sys.executable)) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    files = [option for path in requirements for option in ("-r", str(path))]
    command = [*pip, "install", "--quiet", *options, *files]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own pip
    if finished.returncode != 0:
        names = ", ".join(path.name for path in requirements)
        raise InstallationError(f"pip could not install {names}:\n{finished.stderr}")
