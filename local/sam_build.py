"""Read what ``sam build`` made of a template: the code that a deployment uploads, with its packages."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from local.template import REGION, FunctionCode, Template, TemplateError, read

# Where Lambda's base images have the code.
_TASK_ROOT = "/var/task"


def read_build(path: Path, parameters: dict[str, str] | None = None, region: str = REGION) -> Template:
    """Read the build of a SAM template.

    A zip function has the folder that ``sam build`` made, with those of its layers. The code in an image is
    copied to ``.frond/images``. All run in an interpreter without other packages.

    Parameters
    ----------
    path
        The template; its build is in ``.aws-sam/build`` beside it.
    parameters
        Values that override the defaults of parameters.
    region
        AWS region of the stack.

    Raises
    ------
    TemplateError
        If there is no build, or a part of it is missing, or this machine has no Python of its version.
    """
    root = path.resolve().parent
    built = root / ".aws-sam" / "build" / "template.yaml"
    if not built.is_file():
        raise TemplateError(f"There is no build: {built} does not exist. Run `sam build` first.")
    template = read(built, parameters, region)
    python, images = _interpreter(_runtime(template)), Images(root / ".frond" / "images")
    code = {
        name: FunctionCode(images.unpack(found.image), (), python)
        if found.image
        else replace(found, layers=tuple(map(_packages, found.layers)), python=python)
        for name, found in template.code.items()
    }
    return replace(template, root=root, code=code)


def _packages(layer: Path) -> Path:
    """Return the folder of a built layer that Lambda puts on the search path."""
    return layer if layer.name == "python" else layer / "python"


def _runtime(template: Template) -> str:
    """Return the runtime of the zip functions, which is the one of the images, too."""
    functions = [template.document["Resources"][name]["Properties"] for name in template.code]
    return next((function["Runtime"] for function in functions if "Runtime" in function), "python3.13")


def _interpreter(runtime: str) -> Path:
    """Return an interpreter of the version of a runtime such as ``python3.13``, outside any environment."""
    # The packages of an environment would stand in for those that a build lacks.
    if runtime == f"python{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable).resolve()
    found = shutil.which(runtime)
    # pyenv has a script for each version, also for those that it does not run here.
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:  # noqa: S603
        return Path(found)
    raise TemplateError(f"The build has compiled packages for {runtime}, which is not on the PATH here")


class Images:
    """The unpacked images of functions.

    Parameters
    ----------
    folder
        Has a folder of its own for each image, by its id.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unpack(self, image: str) -> Path:
        """Return the folder with an image's code; copy it from Docker if it is missing.

        Raises
        ------
        TemplateError
            If Docker does not run, or does not have the image.
        """
        identifier = _docker("image", "inspect", "--format", "{{.Id}}", image).removeprefix("sha256:")[:12]
        folder = self._folder / identifier
        if not folder.is_dir():
            draft = self._folder / f"{identifier}.draft"
            shutil.rmtree(draft, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            with _container(image) as container:
                _docker("cp", f"{container}:{_TASK_ROOT}", str(draft))
            draft.rename(folder)
        return folder


@contextmanager
def _container(image: str) -> Iterator[str]:
    """Create a container of an image, without running it."""
    container = _docker("create", image)
    try:
        yield container
    finally:
        _docker("rm", container)


def _docker(*arguments: str) -> str:
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise TemplateError("The build has images, and Docker is not installed here") from error
    if done.returncode != 0:
        raise TemplateError(f"Docker cannot unpack an image of the build: {done.stderr.strip()}")
    return done.stdout.strip()
