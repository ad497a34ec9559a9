"""Formatting of numbers, dates and names for the report."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from frond.manifest import SpeciesLabel

# No line break between a number and its unit.
NBSP = "\u00a0"
MINUS = "\u2212"


def percent(share: float, digits: int = 1) -> str:
    """Format a share as a percentage; one near 0 or 1 becomes ``< 0.1 %`` or ``> 99.9 %``."""
    rounded = f"{100 * share:.{digits}f}"
    if 0 < share < 1 and float(rounded) in {0, 100}:
        edge = 10.0**-digits
        return f"< {edge:g}{NBSP}%" if share < 0.5 else f"> {100 - edge:g}{NBSP}%"
    return f"{100 * share:g}{NBSP}%" if share in {0, 1} else f"{rounded}{NBSP}%"


def interval(ends: tuple[float, float], digits: int = 1) -> str:
    """Format the ends of a share's interval: ``98.0 to 100 %``."""
    low, high = (f"{100 * end:g}" if end in {0, 1} else f"{100 * end:.{digits}f}" for end in ends)
    return f"{low} to {high}{NBSP}%"


def p_value(value: float) -> str:
    """Format a p-value; a small one becomes ``< 0.001``."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def difference(shares: float) -> str:
    """Format a difference of two shares in percentage points, with its sign."""
    value = round(100 * shares, 2)
    sign = MINUS if value < 0 else "+" if value > 0 else ""
    return f"{sign}{abs(value):.2f}"


def count(number: float, one: str = "", many: str = "") -> str:
    """Format a whole number, with its noun in singular or plural if given."""
    noun = one if number == 1 else many or (f"{one}s" if one else "")
    return f"{number:,.0f}" + (f"{NBSP}{noun}" if noun else "")


def score(value: float) -> str:
    """Format a score between 0 and 1, such as F1."""
    return f"{value:.3f}"


def megabytes(size: int) -> str:
    """Format a size given in bytes."""
    return f"{size / 1e6:.1f}{NBSP}MB" if size >= 1e5 else f"{size / 1e3:.1f}{NBSP}kB"


def milliseconds(duration: float) -> str:
    """Format a duration given in ms."""
    return f"{duration:.{1 if duration < 100 else 0}f}{NBSP}ms"


def date(moment: datetime) -> str:
    """Format a date, such as 7 November 2026."""
    return f"{moment.day}{NBSP}{moment:%B %Y}"


def setting(value: Any) -> str:
    """Format the value of a setting."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(setting(item) for item in value) or "none"
    return str(value)


def title(name: str) -> str:
    """Format the name of a field: ``label_smoothing`` -> ``Label smoothing``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def common(species: SpeciesLabel) -> str:
    """Return the English name of a species, or the scientific one."""
    return species.common_names.get("en") or species.scientific_name


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten nested settings, each by its own name, or by its path where names repeat."""
    paths = dict(_paths(settings))
    names = Counter(path[-1] for path in paths)
    return {path[-1] if names[path[-1]] == 1 else ", ".join(path): value for path, value in paths.items()}


def _paths(settings: Mapping[str, Any], *above: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _paths(value, *above, name)
        else:
            yield (*above, name), value


def markdown(text: object) -> str:
    """Escape a text for Markdown, on one line."""
    return re.sub(r"([\\`*_\[\]<>|#&$~])", r"\\\1", " ".join(str(text).split()))
