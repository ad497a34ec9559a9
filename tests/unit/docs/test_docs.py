"""The documentation: links resolve, the site builds, the README stays short."""

import logging
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted(DOCS.rglob("*.md"))
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", *PAGES]
README_LINES = 150

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
ELSEWHERE = ("http://", "https://", "mailto:")
# A page of the documentation, named in code, comments or settings.
MENTION = re.compile(r"docs/[\w/-]+\.(?:md|json|png|py|svg)")


def prose(document: Path) -> str:
    """Return a document's text without its blocks of code."""
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MkDocs make them."""
    headings = (
        re.sub(r"[`*]|\[|\]\([^)]*\)", "", found["text"]) for found in HEADING.finditer(prose(document))
    )
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def broken_links(document: Path) -> Iterator[str]:
    """Yield the links of a document whose file or anchor does not exist."""
    for found in LINK.finditer(prose(document)):
        target = found["target"]
        if target.startswith(ELSEWHERE):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield target


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_resolve(document: Path) -> None:
    assert list(broken_links(document)) == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `title`\n[good](#a-title) [bad](#none) [gone](gone.md)\n```sh\n[code](x)\n```\n")
    assert list(broken_links(page)) == ["#none", "gone.md"]


def test_pages_that_files_mention_exist() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no Git checkout")
    text = {".py", ".toml", ".yaml", ".yml", ".in", ".sh", ".md"}
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    mentions = {
        (named(file), mention)
        for file in files
        if file.is_file() and (file.suffix in text or file.name == "Makefile")
        for mention in MENTION.findall(file.read_text(encoding="utf-8"))
    }
    assert {(file, mention) for file, mention in mentions if not (ROOT / mention).exists()} == set()


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_the_example_of_preprocessing_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (DOCS / "01-preprocessing.md").read_text(encoding="utf-8")
    example = re.search(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert example
    monkeypatch.chdir(ROOT)
    exec(example[1], {})
    expected = re.search(r"# (.+)$", example[1], re.MULTILINE)
    assert expected
    assert capsys.readouterr().out.strip() == expected[1]


def test_the_site_builds_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("material", reason="mkdocs-material is not installed: make docs")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    script = tmp_path / "mermaid.js"
    script.write_text("// in place of Mermaid")
    monkeypatch.setenv("MERMAID_JS", str(script))
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    site = tmp_path / "site"
    with caplog.at_level(logging.WARNING, "mkdocs"):
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(site), strict=True))

    assert [record.getMessage() for record in caplog.records] == []
    pages = {page.relative_to(DOCS).with_suffix(".html") for page in PAGES}
    assert pages <= {page.relative_to(site) for page in site.rglob("*.html")}
    assert script.read_text() == (site / "assets" / "mermaid.min.js").read_text()
    fetched = re.compile(
        r"<(?:script|img|link rel=\"(?:stylesheet|icon|preload)\")[^>]*(?:src|href)=\"https?:"
    )
    assert [
        page.name for page in site.rglob("*.html") if fetched.search(page.read_text(encoding="utf-8"))
    ] == []
