"""Run the SAM CLI with the settings of a stack."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.deployment.machine import check_architecture
from tools.deployment.parameters_digest import write_parameters_digest
from tools.deployment.stack_config import StackConfig

if TYPE_CHECKING:
    import boto3

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"
RUNTIME = "python3.13"


class Sam:
    """The SAM CLI for one stack.

    Parameters
    ----------
    config
        Settings of the stack.
    """

    def __init__(self, config: StackConfig) -> None:
        self._config = config

    def build(self) -> None:
        """Build image, layer and function; in a container where this machine lacks the functions' Python.

        Raises
        ------
        subprocess.CalledProcessError
            If the SAM CLI fails; it has printed why.
        ArchitectureMismatchError
            If the result is for another processor than the stack's.
        """
        folder = runtime_folder()
        container = [] if folder else ["--use-container"]
        self._run("build", *container, environment=build_environment(self._config, folder))
        check_architecture(BUILD, self._config.architecture)

    def deploy(self, confirm: bool) -> None:
        """Deploy what was built.

        Raises
        ------
        subprocess.CalledProcessError
            If the SAM CLI fails; it has printed why.
        ArchitectureMismatchError
            If the build is for another processor than the stack's.
        """
        check_architecture(BUILD, self._config.architecture)
        write_parameters_digest(BUILD / "template.yaml", self._config.parameters)
        self._run(
            "deploy",
            *self.stack_arguments(),
            "--confirm-changeset" if confirm else "--no-confirm-changeset",
            environment=dict(os.environ),
        )

    def protect(self, session: "boto3.Session") -> None:
        """Refuse the stack's deletion until `make delete` lifts the protection."""
        self._set_protection(session, enabled=True)

    def lift_protection(self, session: "boto3.Session") -> None:
        """Let the stack be deleted."""
        self._set_protection(session, enabled=False)

    def _set_protection(self, session: "boto3.Session", *, enabled: bool) -> None:
        session.client("cloudformation").update_termination_protection(
            StackName=self._config.stack_name, EnableTerminationProtection=enabled
        )

    def delete(self) -> None:
        """Delete the stack; buckets and table stay."""
        arguments = ["delete", "--stack-name", self._config.stack_name, "--no-prompts"]
        subprocess.run([sam_command(), *arguments], cwd=ROOT, check=True)  # noqa: S603 - no shell

    def stack_arguments(self) -> list[str]:
        """Return the arguments that name the stack and its tags."""
        tags = ["--tags", "project=frond", f"stage={self._config.stage}"]
        return ["--stack-name", self._config.stack_name, *tags]

    def _run(self, command: str, *arguments: str, environment: dict[str, str]) -> None:
        settings = [
            "--config-env",
            self._config.environment,
            "--parameter-overrides",
            *self._config.overrides(),
        ]
        line = [sam_command(), command, *arguments, *settings]
        subprocess.run(line, cwd=ROOT, check=True, env=environment)  # noqa: S603 - no shell


def sam_command() -> str:
    """Return the SAM CLI that ``make`` installs, or the one on the path."""
    installed = Path(sys.prefix) / "sam" / "bin" / "sam"
    return str(installed) if installed.exists() else "sam"


def runtime_folder() -> Path | None:
    """Return the folder of the functions' Python, or None if this machine lacks it."""
    if f"python{sys.version_info.major}.{sys.version_info.minor}" == RUNTIME:
        return Path(sys.executable).parent
    found = shutil.which(RUNTIME)
    # A version manager has a command for each version that it knows, and it fails if that is not active.
    works = found and not subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode  # noqa: S603
    return Path(found).parent if found and works else None


def build_environment(config: StackConfig, runtime: Path | None) -> dict[str, str]:
    """Return the variables of ``sam build``: the functions' Python first, and the layer's architecture."""
    path = os.environ.get("PATH", "")
    return {
        **os.environ,
        "PATH": f"{runtime}{os.pathsep}{path}" if runtime else path,
        "FROND_ARCHITECTURE": config.architecture,
    }
