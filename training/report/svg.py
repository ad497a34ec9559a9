"""Conversion of matplotlib figures to inline SVG with the page's colours and fonts and with unique ids."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from training.plots import Palette

# Placeholders for the page's colour variables, which follow light, dark and print.
PAGE = Palette(ink="#010101", soft="#020202", line="#030303", first="#040404", second="#050505")
VARIABLES = {
    PAGE.ink: "var(--ink)",
    PAGE.soft: "var(--soft)",
    PAGE.line: "var(--line)",
    PAGE.first: "var(--leaf)",
    PAGE.second: "var(--rust)",
}
NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


@contextmanager
def style() -> Iterator[None]:
    """Draw in the page's colours."""
    with mpl.rc_context(PAGE.settings()), warnings.catch_warnings():
        # The browser draws the text, so a glyph that matplotlib's font lacks does not matter.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        yield


def inline_svg(figure: Figure, name: str, description: str) -> Markup:
    """Return a figure as an ``<svg>`` element.

    Parameters
    ----------
    figure
        Drawn under :func:`style`, in the colours of :data:`PAGE`.
    name
        Prefix of the element's ids, unique on the page.
    description
        For screen readers.
    """
    file = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", transparent=True, metadata=NO_METADATA)
    drawn = file.getvalue()
    width, height = figure.get_size_inches() * 72
    body = drawn[drawn.index(">", drawn.index("<svg")) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"\s*<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r' font-family: [^";]*;', "", body)
    body = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", body)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'xlink:href="#', f'href="#{name}-', body)
    body = body.replace("url(#", f"url(#{name}-")
    for colour, variable in VARIABLES.items():
        body = body.replace(colour, variable)
    label = f'role="img" aria-label="{escape(description)}"'
    return Markup(f'<svg class="plot" viewBox="0 0 {width:g} {height:g}" {label}>{body}')  # noqa: S704 - matplotlib escapes text
