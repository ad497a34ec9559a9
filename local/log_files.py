"""Write the logs of the stack and of its functions to files; show only what a person waits for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_STANDARD_ERROR = 2
_FORMAT = "%(asctime)s %(message)s"
_TIME = "%H:%M:%S"
# Their records of level INFO are progress, and are shown.
_PROGRESS = {"local.photo_lines", "local.stack_lifecycle"}


class LogFiles:
    """The folder of a stack's log files, ``<function>.log`` and ``stack.log``, which each start begins anew.

    Parameters
    ----------
    folder
        Folder of the files; ``None`` to write all logs to standard error instead.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.glob("*.log"):
                old.unlink()

    @contextmanager
    def output(self, function: str) -> Iterator[IO[bytes] | int]:
        """Open the standard output and error of a process that runs a function."""
        if self.folder is None:
            yield _STANDARD_ERROR
            return
        with (self.folder / f"{function}.log").open("ab") as file:
            yield file

    def configure_logging(self) -> None:
        """Send the records and warnings of this process to the file; show progress, warnings and errors."""
        logging.captureWarnings(capture=True)
        console = logging.StreamHandler()
        console.setFormatter(logging.Formatter(_FORMAT, _TIME))
        handlers: list[logging.Handler] = [console]
        if self.folder is not None:
            console.addFilter(_is_shown)
            handlers.append(logging.FileHandler(self.folder / "stack.log", encoding="utf-8"))
        logging.basicConfig(level=logging.WARNING, format=_FORMAT, datefmt=_TIME, handlers=handlers)
        logging.getLogger("local").setLevel(logging.INFO)
        # Moto's server logs a line for every request.
        logging.getLogger("werkzeug").setLevel(logging.WARNING)


def _is_shown(record: logging.LogRecord) -> bool:
    if record.name in _PROGRESS:
        return True
    return record.name.partition(".")[0] == "local" and record.levelno >= logging.WARNING


TO_STANDARD_ERROR = LogFiles(None)
