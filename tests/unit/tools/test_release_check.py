"""The check before a release."""

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.release_check import (
    changelog_errors,
    release_errors,
    tag_errors,
    version_errors,
)

TODAY = date(2026, 11, 27)
CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.0] - 2026-11-27

- News.

## [1.1.0] - 2026-10-01

- Old.
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A committed checkout that can be released as 1.2.0."""
    (tmp_path / "client" / "javascript").mkdir(parents=True)
    (tmp_path / "client" / "javascript" / "package.json").write_text('{"version": "1.2.0"}')
    for folder in (tmp_path, tmp_path / "client"):
        (folder / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(checkout: Path, *arguments: str) -> None:
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(checkout), *author, *arguments], check=True)


def commit(checkout: Path) -> None:
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "A commit")


def test_a_committed_version_with_its_section_can_be_released(checkout: Path) -> None:
    assert release_errors(checkout, TODAY) == []


def test_the_client_needs_the_same_version(checkout: Path) -> None:
    (checkout / "client" / "pyproject.toml").write_text('[project]\nversion = "1.1.0"\n')
    commit(checkout)
    (error,) = release_errors(checkout, TODAY)
    assert "client/pyproject.toml: the version is 1.1.0, but 1.2.0" in error


def test_the_javascript_client_needs_the_same_version(checkout: Path) -> None:
    (checkout / "client" / "javascript" / "package.json").write_text('{"version": "1.2.1"}')
    commit(checkout)
    (error,) = release_errors(checkout, TODAY)
    assert "client/javascript/package.json: the version is 1.2.1, but 1.2.0" in error


def test_a_tag_is_published_if_it_is_that_of_the_version(checkout: Path) -> None:
    git(checkout, "tag", "--annotate", "v1.2.0", "--message", "Frond 1.2.0")
    assert tag_errors(checkout, "v1.2.0", TODAY) == []
    (error,) = tag_errors(checkout, "v1.2.1", TODAY)
    assert "the tag is v1.2.1, but v1.2.0" in error


def test_changes_must_be_committed(checkout: Path) -> None:
    (checkout / "new.py").touch()
    (error,) = release_errors(checkout, TODAY)
    assert "not committed" in error


def test_a_version_is_released_once(checkout: Path) -> None:
    git(checkout, "tag", "--annotate", "v1.2.0", "--message", "Frond 1.2.0")
    (error,) = release_errors(checkout, TODAY)
    assert "v1.2.0 exists already" in error


@pytest.mark.parametrize(
    ("changelog", "message"),
    [
        ("# Changelog\n", "should be `## [1.2.0] - 2026-11-27`"),
        ("## [Unreleased]\n\n- News.\n", "should be `## [1.2.0] - 2026-11-27`"),
        (CHANGELOG.replace("1.2.0", "1.3.0"), "should be `## [1.2.0] - 2026-11-27`"),
        (CHANGELOG.replace("- News.\n", ""), "is empty"),
        (CHANGELOG.replace(" - 2026-11-27", ""), "needs a date"),
        (CHANGELOG.replace("2026-11-27", "soon"), "needs a date"),
        (CHANGELOG.replace("2026-11-27", "2026-11-28"), "in the future"),
    ],
)
def test_the_changelog_needs_a_dated_section(changelog: str, message: str) -> None:
    (error,) = changelog_errors(changelog, "1.2.0", TODAY)
    assert message in error


def test_packages_and_changelog_of_this_checkout_have_one_version() -> None:
    assert version_errors(ROOT, date.max) == []


def test_the_packages_have_the_licence_of_the_project() -> None:
    licence = (ROOT / "LICENSE").read_bytes()
    for package in (ROOT / "client", ROOT / "client" / "javascript"):
        assert (package / "LICENSE").read_bytes() == licence
    package = json.loads((ROOT / "client" / "javascript" / "package.json").read_text())
    assert package["license"] == "Apache-2.0"
