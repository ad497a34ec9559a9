"""Find the code blocks in the project's documents."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.conftest import ROOT

LANGUAGES = {"sh", "python", "js", "json"}
_HEADING = r"#+ (?P<heading>[^\n]+)"
_FENCE = r"```(?P<language>\w*)\n(?P<text>.*?)^```"
_LINE = re.compile(f"^(?:{_HEADING}|{_FENCE})$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes
    ----------
    name
        Document, heading, language, and number among the blocks that share these.
    """

    name: str
    language: str
    text: str


def blocks(document: str) -> Iterator[Block]:
    """Yield the blocks of a document in JSON or a language that runs."""
    heading = ""
    seen: Counter[str] = Counter()
    for found in _LINE.finditer((ROOT / document).read_text(encoding="utf-8")):
        if found["heading"]:
            heading = found["heading"]
        elif found["language"] in LANGUAGES:
            place = f"{document}, {heading}, {found['language']}"
            seen[place] += 1
            yield Block(f"{place} {seen[place]}", found["language"], found["text"])
