"""The wheel of `pip install ./client`, and its dependencies."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from email import message_from_bytes
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT
from tests.support.waiting import HANG_S
from tests.unit.client.fake_api import FakeApi, photo

pytestmark = pytest.mark.slow
SOURCE = ROOT / "client"
# These modules need boto3; all others must be importable without it.
NEED_BOTO3 = {
    "batches",
    "dead_letter_queue",
    "dead_letter_reasons",
    "frond_stack",
    "reconciliation",
    "uploads",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built from a copy because a build leaves files behind."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = shutil.copytree(SOURCE, folder / "client", ignore=shutil.ignore_patterns("*.egg-info", "build"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([*command, "--wheel-dir", str(folder), str(copy)], check=True, env=environment)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as opened:
        yield opened


@pytest.fixture(scope="module")
def installed(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the installed package."""
    folder = tmp_path_factory.mktemp("installed")
    wheel.extractall(folder)
    return folder


def read_metadata(wheel: zipfile.ZipFile, name: str) -> bytes:
    (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
    return wheel.read(path)


def requirements(wheel: zipfile.ZipFile) -> Iterator[Requirement]:
    for line in message_from_bytes(read_metadata(wheel, "METADATA")).get_all("Requires-Dist", []):
        yield Requirement(line)


def test_the_wheel_has_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    sources = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.joinpath("frond_client").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "frond_client/py.typed" in sources
    assert {path for path in wheel.namelist() if ".dist-info/" not in path} == sources


def test_the_wheel_has_the_command(wheel: zipfile.ZipFile) -> None:
    points = ConfigParser()
    points.read_string(read_metadata(wheel, "entry_points.txt").decode())
    assert dict(points["console_scripts"]) == {"frond": "frond_client.__main__:main"}


def test_boto3_and_pillow_are_extras(wheel: zipfile.ZipFile) -> None:
    extra = {each.name for each in requirements(wheel) if each.marker}
    assert extra == {"boto3", "pillow"}
    always = {each.name for each in requirements(wheel) if not each.marker}
    assert always == {"anyio", "httpx", "pydantic", "rich", "typer"}


def core(wheel: zipfile.ZipFile) -> set[str]:
    """Return the core requirements and their own requirements."""
    todo = [each.name for each in requirements(wheel) if not each.marker]
    known: set[str] = set()
    while todo:
        name = canonicalize_name(todo.pop())
        if name not in known:
            known.add(name)
            required = (Requirement(line) for line in distribution(name).requires or [])
            todo += [each.name for each in required if not each.marker or each.marker.evaluate({"extra": ""})]
    return known


def blocked_modules(wheel: zipfile.ZipFile) -> set[str]:
    """Return the installed modules that are no requirements of the package."""
    known = core(wheel) | {"frond-client"}
    brought = packages_distributions().items()
    others = {module for module, names in brought if not known & {canonicalize_name(name) for name in names}}
    return others | {"frond", "training", "local", "tests"}


BLOCK_IMPORTS = """
import sys
class BlockingFinder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"{{name}} is no requirement", name=name)
sys.meta_path.insert(0, BlockingFinder())
"""


def run(code: str, wheel: zipfile.ZipFile, installed: Path) -> subprocess.CompletedProcess[str]:
    """Run code with the package and its requirements only."""
    others = blocked_modules(wheel)
    assert others >= {"boto3", "botocore", "tensorflow", "numpy", "moto"}
    environment = {name: value for name, value in os.environ.items() if not re.match("FROND_|PYTHON", name)}
    environment["PYTHONPATH"] = str(installed)
    return subprocess.run(
        [sys.executable, "-c", BLOCK_IMPORTS.format(blocked=others) + code],
        env=environment,
        cwd=installed,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_S,
    )


def test_the_client_runs_with_its_requirements(
    wheel: zipfile.ZipFile, installed: Path, service: FakeApi, tmp_path: Path
) -> None:
    path = tmp_path / "maize.jpg"
    path.write_bytes(photo("zea-mays"))
    code = f"""
import frond_client
assert frond_client.__file__.startswith({str(installed)!r}), frond_client.__file__
with frond_client.Frond({service.url!r}, "k") as frond:
    print(frond.classify({str(path)!r}).predictions[0].scientific_name)
from frond_client.__main__ import app
app(["classify", "--json", "--url", {service.url!r}, "--key", "k", {str(path)!r}])
"""
    result = run(code, wheel, installed)
    assert result.returncode == 0, result.stderr
    name, line = result.stdout.splitlines()
    assert name == "Zea mays"
    assert '"zea-mays"' in line


def test_modules_for_the_http_api_import_without_boto3(wheel: zipfile.ZipFile, installed: Path) -> None:
    modules = {
        ".".join(path.relative_to(installed).with_suffix("").parts).removesuffix(".__init__")
        for path in (installed / "frond_client").rglob("*.py")
    }
    free = {name for name in modules if not NEED_BOTO3 & set(name.split(".")[1:2])}
    assert "frond_client.classifying.concurrency" in free
    imports = "\n".join(f"import {name}" for name in sorted(free))
    result = run(imports, wheel, installed)
    assert result.returncode == 0, result.stderr


def test_every_public_name_can_be_imported() -> None:
    import frond_client

    for name in frond_client.__all__:
        assert getattr(frond_client, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Fern'"):
        frond_client.Fern  # noqa: B018


def test_the_import_of_the_package_is_lazy(wheel: zipfile.ZipFile, installed: Path) -> None:
    result = run("import frond_client; print('httpx' in sys.modules)", wheel, installed)
    assert (result.stdout, result.stderr) == ("False\n", "")
