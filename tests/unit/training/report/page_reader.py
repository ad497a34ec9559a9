"""A strict HTML parser: markup errors that a browser tolerates fail here."""

from html.parser import HTMLParser
from typing import Self

VOID = {"meta", "img", "br", "link", "input", "hr"}
# A browser closes an open paragraph before these.
BLOCKS = {"p", "ul", "dl", "div", "table", "figure", "h1", "h2", "h3", "section", "details", "header"}
LOADING = {"src", "href", "xlink:href", "srcset", "poster", "data", "action"}


class ReportPage(HTMLParser):
    """The elements, text and URLs of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.text = ""

    @classmethod
    def of(cls, html: str) -> Self:
        """Parse a whole page."""
        page = cls()
        page.feed(html)
        page.close()
        assert page.open == []
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not (tag in BLOCKS and "p" in self.open), f"<{tag}> in <p> at {self.getpos()}"
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute is repeated at {self.getpos()}"
        if tag not in VOID:
            self.open.append(tag)
        self._record(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open, f"<{tag}/> outside of a drawing at {self.getpos()}"
        self._record(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing at {self.getpos()}"
        assert self.open.pop() == tag, f"</{tag}> closes something else at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"h2", "h3"}:
            self.headings.append(data)
        if "style" not in self.open:
            self.text += data

    def _record(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attributes.items() if name in LOADING]
        if attributes.get("id"):
            self.ids.append(attributes["id"] or "")
        if tag == "img":
            self.images.append(attributes)
