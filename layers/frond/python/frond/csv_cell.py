"""Cells of CSV files that spreadsheet programs do not execute.

Excel, LibreOffice and Google Sheets evaluate a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a
line break, such as a file named ``=HYPERLINK(…)``. An apostrophe before it makes it text (OWASP, "CSV
Injection").
"""

import re

_TRIGGER = "[=+\\-@＝＋－＠]"
_BREAK = "[\t\r\n]"
# Where a semicolon or a tab separates columns, each begins a cell within the cell.
_START = "(?:^|(?<=[;\t\r\n]))( *)"
_FORMULA = re.compile(f"{_START}(?='*{_TRIGGER})|^(?='*{_BREAK})")
_NEUTRAL = re.compile(f"{_START}'(?='*{_TRIGGER})|^'(?='*{_BREAK})")


def neutralize(cell: str) -> str:
    """Put an apostrophe before each part that a spreadsheet program evaluates.

    A cell that has this apostrophe already gets another one, so that `restore` is exact.
    """
    return _FORMULA.sub(r"\1'", cell)


def restore(cell: str) -> str:
    """Return the text that `neutralize` was called with."""
    return _NEUTRAL.sub(r"\1", cell)
