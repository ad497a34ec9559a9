"""Write the access log of a stage, in the format of the template."""

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"\$context\.([A-Za-z][A-Za-z.]*[A-Za-z])")


class AccessLog:
    """The access log of a stage.

    API Gateway keeps nothing of a request without it.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html

    Parameters
    ----------
    path
        File, emptied now, with one request a line.
    line_format
        Format with ``$context`` variables; without one nothing is written.
    """

    def __init__(self, path: Path, line_format: str | None) -> None:
        self._path = path
        self._format = line_format
        self._lock = threading.Lock()
        if line_format is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")

    def write(self, context: Mapping[str, Any]) -> None:
        """Append a request.

        Parameters
        ----------
        context
            Value of each variable by its name after ``$context.``; missing ones become ``-``, as in AWS.
        """
        if self._format is None:
            return
        known = _flat(context)
        line = _VARIABLE.sub(lambda found: known.get(found[1]) or "-", self._format)
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _flat(context: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested members by their dotted names."""
    flat: dict[str, str] = {}
    for name, value in context.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        elif value is not None:
            flat[prefix + name] = str(value)
    return flat
