"""The packaging: one version, one home for each dependency, and locks that agree with it."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

FROND = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CLIENT = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
# The locks of one environment: `dev` holds the others.
TOGETHER = ["build", "classify", "client", "docs", "local", "preprocess", "training"]


def names(requirements: list[str]) -> set[str]:
    """Return the names of requirements, and those that our own extras stand for."""
    found = set()
    for requirement in map(Requirement, requirements):
        if requirement.name == FROND["project"]["name"]:
            found |= declared(FROND, *requirement.extras)
        else:
            found.add(canonicalize_name(requirement.name))
    return found


def declared(project: dict[str, Any], *extras: str) -> set[str]:
    """Return the dependencies of a project and of some of its extras."""
    metadata = project["project"]
    of_extras = (names(metadata["optional-dependencies"][extra]) for extra in extras)
    return names(metadata["dependencies"]).union(*of_extras)


def group(name: str) -> set[str]:
    """Return the dependencies of a group and of the groups that it includes."""
    members = FROND["dependency-groups"][name]
    included = (group(each["include-group"]) for each in members if isinstance(each, dict))
    return names([each for each in members if isinstance(each, str)]).union(*included)


def locked(part: str) -> Iterator[tuple[str, str, str]]:
    """Return the name, the version and the rest of each package in a lock."""
    text = (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8")
    for entry in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        name, version = entry.split()[0].split("==")
        yield name.partition("[")[0], version, entry


def direct(part: str) -> set[str]:
    """Return the packages that a lock holds because we declare them, and not because another package does."""
    ours = re.compile(r"# .*(pyproject\.toml|-r requirements/)")
    return {name for name, _, entry in locked(part) if ours.search(entry)}


DECLARED = {
    "classify": declared(FROND, "classify"),
    "preprocess": declared(FROND, "preprocess"),
    "local": declared(FROND, "local"),
    "training": declared(FROND, "training"),
    "cuda": declared(FROND, "training", "cuda"),
    "client": declared(CLIENT, "operate", "images"),
    "docs": group("docs"),
    "dev": declared(FROND, "local", "training") | declared(CLIENT, "operate", "images") | group("dev"),
    "build": names(FROND["build-system"]["requires"]),
}


@pytest.mark.parametrize("part", DECLARED)
def test_a_lock_holds_the_declared_dependencies(part: str) -> None:
    assert direct(part) == DECLARED[part]


@pytest.mark.parametrize("part", TOGETHER)
def test_the_locks_of_one_environment_agree(part: str) -> None:
    everything = {name: version for name, version, _ in locked("dev")} | {
        name: version for name, version, _ in locked("build")
    }
    assert {name: version for name, version, _ in locked(part)}.items() <= everything.items()


@pytest.mark.parametrize("part", ["batch", "spark"])
def test_the_batch_job_shares_the_versions_of_its_environment(part: str) -> None:
    everything = {name: version for name, version, _ in locked("dev")}
    own = {name: version for name, version, _ in locked(part)}
    assert {name: everything[name] for name in own if name in everything}.items() <= own.items()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_hashes_and_no_registry(lock: Path) -> None:
    assert all("--hash=sha256:" in entry for _, _, entry in locked(lock.stem))
    assert "://" not in lock.read_text(encoding="utf-8")


def test_one_build_backend_is_locked() -> None:
    lines = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8").splitlines()
    requires = [line for line in lines if not line.startswith("#")]
    assert requires == FROND["build-system"]["requires"] == CLIENT["build-system"]["requires"]


def test_both_distributions_have_one_version() -> None:
    assert FROND["project"]["version"] == CLIENT["project"]["version"]


def test_an_editable_install_finds_every_package_and_its_types() -> None:
    build = FROND["tool"]["hatch"]["build"]
    packages = [ROOT / package for package in build["targets"]["wheel"]["packages"]]
    assert {package.parent for package in packages} == {ROOT / folder for folder in build["dev-mode-dirs"]}
    for package in [*packages, ROOT / "client" / "frond_client"]:
        assert (package / "__init__.py").is_file()
        assert (package / "py.typed").is_file()


def test_a_wheel_holds_every_committed_file_of_the_packages(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        built = {name for name in wheel.namelist() if ".dist-info/" not in name}
    packages = FROND["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    listed = subprocess.run(
        ["git", "ls-files", *packages], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    committed = {
        f"{Path(package).name}{path.removeprefix(package)}"
        for path in listed
        for package in packages
        if path.startswith(f"{package}/") and (ROOT / path).is_file()
    }
    assert "training/data/species.csv" in committed
    assert committed <= built


WORKFLOWS = ROOT / ".github" / "workflows"


def test_the_workflow_runs_what_ci_runs_on_every_python() -> None:
    workflow = yaml.safe_load((WORKFLOWS / "ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["test"]
    assert ".ci/run" in [step.get("run") for step in job["steps"]]
    supported = SpecifierSet(FROND["project"]["requires-python"])
    pythons = [f"3.{minor}" for minor in range(30) if f"3.{minor}" in supported]
    assert job["strategy"]["matrix"]["python"] == pythons


def test_actionlint_accepts_the_workflows() -> None:
    lint = [str(Path(sys.executable).with_name("actionlint"))]
    found = subprocess.run(lint, cwd=ROOT, check=False, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("workflow", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.stem)
def test_a_workflow_pins_its_actions_and_runs_targets_that_exist(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)(.*)", text)
    for action, comment in used:
        local = action.startswith("./")
        assert local or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
        assert local or re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
    # make -n fails for a target or a prerequisite that does not exist.
    for targets in re.findall(r"run: make ([a-z ]+)", text):
        subprocess.run(["make", "-n", *targets.split()], cwd=ROOT, check=True, capture_output=True)


def test_the_paths_of_codeowners_exist() -> None:
    lines = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    paths = [line.split()[0] for line in lines if line and not line.startswith("#")]
    assert "/template.yaml" in paths
    assert all(path == "*" or (ROOT / path.strip("/")).exists() for path in paths)
