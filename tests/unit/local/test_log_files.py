"""The log files of the local stack."""

import subprocess
import sys
from pathlib import Path

from local.log_files import LogFiles

PROGRAM = """
import logging, pathlib, sys, warnings
from local.log_files import LogFiles
LogFiles(pathlib.Path(sys.argv[1]) if sys.argv[1:] else None).configure_logging()
logging.getLogger("local.gateway").info("GET / 200")
logging.getLogger("local.gateway").error("GET /broken")
logging.getLogger("local.photo_lines").info("a.jpg → Maize")
logging.getLogger("moto").warning("some service is incomplete")
warnings.warn("moto is old")
"""


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)], check=True, capture_output=True, text=True
    )
    return done.stderr


def test_progress_and_errors_are_shown_and_all_is_in_the_file(tmp_path: Path) -> None:
    shown = run(tmp_path)
    assert [line.partition(" ")[2] for line in shown.splitlines()] == ["GET /broken", "a.jpg → Maize"]
    written = (tmp_path / "stack.log").read_text(encoding="utf-8")
    for text in ("GET / 200", "GET /broken", "a.jpg → Maize", "some service is incomplete", "moto is old"):
        assert text in written


def test_everything_is_shown_without_a_folder() -> None:
    shown = run()
    for text in ("GET / 200", "GET /broken", "a.jpg → Maize", "some service is incomplete", "moto is old"):
        assert text in shown


def test_a_start_begins_the_files_anew(tmp_path: Path) -> None:
    for text in (b"first", b"second"):
        logs = LogFiles(tmp_path)
        with logs.output("api") as output:
            output.write(text)  # type: ignore[union-attr]  # a file, as there is a folder
    assert (tmp_path / "api.log").read_bytes() == b"second"
