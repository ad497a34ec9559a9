"""Check that a commit can be released, and print the commands that tag it.

``make release`` runs it. A release is an annotated tag ``v<version>`` on a commit whose packages have that
version and whose changelog has a section for it. ``--tag`` checks a tag, before it is published.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_SECTION = re.compile(
    r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)


def project_version(pyproject: Path) -> str:
    """Return the version in a ``pyproject.toml``."""
    version: str = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"]
    return version


def changelog_errors(changelog: str, version: str, today: date) -> list[str]:
    """Return what keeps a version with this changelog from being released.

    Parameters
    ----------
    changelog
        The text of ``CHANGELOG.md``, in the format of Keep a Changelog.
    version
        The version to release.
    today
        The day of the release.

    Returns
    -------
    list[str]
        A sentence for each error; none, if the version can be released.
    """
    sections = [match for match in _SECTION.finditer(changelog) if match["name"] != "Unreleased"]
    if not sections or sections[0]["name"] != version:
        return [f"CHANGELOG.md: the newest section should be `## [{version}] - {today}`"]
    errors = []
    if not sections[0]["body"].strip():
        errors.append(f"CHANGELOG.md: the section of {version} is empty")
    try:
        released = date.fromisoformat(sections[0]["date"] or "")
    except ValueError:
        errors.append(f"CHANGELOG.md: the section of {version} needs a date, such as {today}")
    else:
        if released > today:
            errors.append(f"CHANGELOG.md: {released}, the date of {version}, is in the future")
    return errors


def version_errors(root: Path, today: date) -> list[str]:
    """Return where a checkout's packages and changelog disagree about its version."""
    version = project_version(root / "pyproject.toml")
    errors = changelog_errors((root / "CHANGELOG.md").read_text(encoding="utf-8"), version, today)
    package = json.loads((root / "client" / "javascript" / "package.json").read_text(encoding="utf-8"))
    others = {
        "client/pyproject.toml": project_version(root / "client" / "pyproject.toml"),
        "client/javascript/package.json": package["version"],
    }
    errors += [
        f"{path}: the version is {other}, but {version} in pyproject.toml"
        for path, other in others.items()
        if other != version
    ]
    return errors


def tag_errors(root: Path, tag: str, today: date) -> list[str]:
    """Return what keeps a tagged checkout from being published, a sentence for each error."""
    expected = f"v{project_version(root / 'pyproject.toml')}"
    wrong = [] if tag == expected else [f"git: the tag is {tag}, but {expected} by pyproject.toml"]
    return wrong + version_errors(root, today)


def release_errors(root: Path, today: date) -> list[str]:
    """Return what keeps a checkout from being released, a sentence for each error."""
    version = project_version(root / "pyproject.toml")
    errors = version_errors(root, today)
    if _git(root, "status", "--porcelain"):
        errors.append("git: the working tree has changes that are not committed")
    if _git(root, "tag", "--list", f"v{version}"):
        errors.append(f"git: the tag v{version} exists already")
    return errors


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603  git, with arguments of ours


def main() -> int:
    """Print the errors, or the commands that release the checkout."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.release_check", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--tag", help="the tag that is published")
    tag = parser.parse_args().tag
    today = date.today()  # noqa: DTZ011  the day where the release is made
    errors = tag_errors(_ROOT, tag, today) if tag else release_errors(_ROOT, today)
    if errors:
        sys.stderr.writelines(f"{error}\n" for error in errors)
        return 1
    if tag:
        return 0
    version = project_version(_ROOT / "pyproject.toml")
    sys.stdout.write(
        f"{version} can be released:\n"
        f'  git tag --annotate v{version} --message "Frond {version}"\n'
        f"  git push origin v{version}    # publishes frond-client on PyPI and npm\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
