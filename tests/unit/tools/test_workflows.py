"""The GitHub workflows: pinned actions, the Pythons of the project, and commands that exist."""

import re
import tomllib
from importlib.util import find_spec
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def jobs() -> list[dict[str, Any]]:
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in WORKFLOWS]
    return [job for document in documents for job in document["jobs"].values()]


def steps() -> list[dict[str, Any]]:
    return [step for job in jobs() for step in job.get("steps", [])]


def commands(pattern: str) -> set[str]:
    """Return what the commands of all workflows name."""
    return {
        word
        for step in steps()
        for found in re.findall(pattern, step.get("run", ""))
        for word in found.split()
    }


def test_every_action_is_pinned_by_its_commit() -> None:
    used = [each["uses"] for each in [*steps(), *jobs()] if "uses" in each]
    assert len(used) > 8
    for action in used:
        if not action.startswith("./.github/workflows/"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        else:
            assert (ROOT / action).is_file()


def test_the_tests_run_with_every_python_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = SpecifierSet(project["requires-python"])
    (matrix,) = [job["strategy"]["matrix"]["python"] for job in jobs() if "strategy" in job]
    assert matrix == [version for version in (f"3.{minor}" for minor in range(20)) if version in supported]


def test_every_target_and_module_that_a_workflow_runs_exists() -> None:
    targets = {word for word in commands(r"make ([^\n]+)") if "=" not in word}
    assert {"lint", "template", "symbols", "audit", "build", "deploy", "smoke", "package"} <= targets
    assert all(re.search(rf"^{target}:", MAKEFILE, re.MULTILINE) for target in targets)
    modules = commands(r"python3 -m ([\w.]+)")
    assert modules == {"tools.base_image", "tools.release_check"}
    assert all(find_spec(module) for module in modules)


def test_the_base_image_is_refreshed_on_a_schedule() -> None:
    text = (ROOT / ".github" / "workflows" / "base-image.yml").read_text(encoding="utf-8")
    assert re.search(r"schedule:\n\s+- cron:", text)
    (image,) = set(re.findall(r"inspect (\S+)", text))
    assert f"BASE_IMAGE: {image}" in (ROOT / "template.yaml").read_text(encoding="utf-8")


def test_what_is_tagged_is_tested_checked_and_published_without_a_token() -> None:
    text = (ROOT / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    # YAML 1.1 reads the key `on` as true.
    assert document[True] == {"push": {"tags": ["v*"]}}
    assert "secrets." not in text
    published = document["jobs"]
    assert published["build"]["needs"] == "ci"
    for name in ("pypi", "npm"):
        assert published[name]["needs"] == "build"
        assert published[name]["environment"] == name
        assert published[name]["permissions"]["id-token"] == "write"
    folder = ROOT / published["npm"]["defaults"]["run"]["working-directory"]
    assert (folder / "package.json").is_file()
    (built,) = re.findall(r"python -m build .*--outdir (\S+) (\S+)$", MAKEFILE, re.MULTILINE)
    assert (ROOT / built[1] / "pyproject.toml").is_file()
    steps = [*published["build"]["steps"], *published["pypi"]["steps"]]
    used = {
        path
        for step in steps
        for key, path in step.get("with", {}).items()
        if key in {"path", "packages-dir"}
    }
    assert used == {f"{built[0]}/"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_only_unless_a_job_says_more(path: Any) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {"contents": "read"}
