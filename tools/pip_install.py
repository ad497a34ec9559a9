"""``python -m tools.pip_install LOCK``: install the packages of a lock file, with a line of progress.

The Makefile runs it in `.venv` before any package is there, so it needs the standard library only. A pip that
was killed may leave half a package that looks whole. A mark stays beside the packages until pip ends; if the
next `make` finds it, the environment begins anew.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

MARK = ".installing"
LOG = "installation.log"

_LOCKED = re.compile(r"^[\w.-]+(\[[^\]]*\])?==", re.MULTILINE)
_COLLECTED = re.compile(r"(?:Collecting|Requirement already satisfied:) (?P<name>[\w.-]+)")
# Texts of pip, urllib3 and the system for each cause, and the fix.
_CAUSES = (
    (re.compile(r"cancelled by user"), "Stopped. Nothing is lost"),
    (
        re.compile(r"No space left on device|Errno 28|Disk quota exceeded", re.IGNORECASE),
        "The disk is full. Free some space",
    ),
    (
        re.compile(r"Read-only file system|Permission denied"),
        "The folder is not writable. Make it writable",
    ),
    (
        re.compile(
            r"connection|timed out|temporary failure in name|proxy|certificate|from versions: none",
            re.IGNORECASE,
        ),
        "The package index cannot be reached. Check the network, a proxy and pip's index (`pip config list`)",
    ),
    (
        re.compile(r"do not match the hashes|THESE PACKAGES DO NOT MATCH", re.IGNORECASE),
        "A download was damaged or altered. Empty pip's cache (`pip cache purge`)",
    ),
)


def install(lock: Path, environment: Path, out: TextIO) -> int:
    """Install the packages of a lock file and return pip's exit code.

    Parameters
    ----------
    lock
        Lock file, with hashes.
    environment
        Folder of the virtual environment of this interpreter; holds the mark and pip's log.
    out
        Stream for the progress and for the reason of a failure.
    """
    packages = len(_LOCKED.findall(lock.read_text(encoding="utf-8")))
    noun = "package" if packages == 1 else "packages"
    out.write(f"Installing {packages} {noun} ({lock}) …\n")
    out.flush()
    mark = environment / MARK
    mark.touch()
    before = _packages()
    code, lines = _pip(["install", "--no-compile", "--require-hashes", "-r", str(lock)], packages, out)
    mark.unlink()
    if code == 0:
        _compile(_packages() - before)
    else:
        log = environment / LOG
        log.write_text("".join(lines), encoding="utf-8")
        out.write(f"{reason(lines)}; run the same command again. pip's output is in {log}.\n")
    return code


def reason(output: Iterable[str]) -> str:
    """Return the probable cause of a failure in pip's output, and its fix."""
    errors = [line.strip() for line in output if line.startswith(("ERROR", "WARNING", "OSError"))]
    text = "\n".join(errors)
    for pattern, cause in _CAUSES:
        if pattern.search(text):
            return cause
    return f"pip failed ({errors[-1] if errors else 'without an error'}). Mend that"


def _pip(arguments: list[str], packages: int, out: TextIO) -> tuple[int, list[str]]:
    """Run pip; return its exit code and its output."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    with subprocess.Popen(  # noqa: S603  pip of this environment
        pip, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None  # noqa: S101  it is a pipe
        lines = []
        collected = 0
        for line in process.stdout:
            lines.append(line)
            if os.environ.get("VERBOSE"):
                out.write(line)
            elif match := _COLLECTED.match(line):
                collected += 1
                _show(out, f"  {collected} of {packages}: {match['name']}")
            elif line.startswith("Installing collected packages"):
                _show(out, "  unpacking …")
        _show(out, "")
    return process.returncode, lines


def _packages() -> set[Path]:
    """Return the folders of this environment's packages."""
    return {path for path in Path(sysconfig.get_path("purelib")).iterdir() if path.is_dir()}


def _compile(packages: set[Path]) -> None:
    """Compile packages on every core; pip would use one. What is left is compiled by its first import."""
    options = ["-qq", "-j", "0", "-x", "/tests/"]
    command = [sys.executable, "-W", "ignore", "-m", "compileall", *options, *map(str, sorted(packages))]
    if packages:  # without a folder it compiles the whole search path
        subprocess.run(command, check=False)  # noqa: S603  Python's own module


def _show(out: TextIO, text: str) -> None:
    """Replace the line of a terminal; a file gets no such lines."""
    if out.isatty():
        width = shutil.get_terminal_size().columns - 1
        out.write(f"\r\033[K{text[:width]}")
        out.flush()


def main() -> None:
    """Install the lock file of the command line into the environment of this interpreter."""
    # Ctrl-C goes to pip as well, which stops in order. A signal that is ignored here, pip would ignore, too.
    signal.signal(signal.SIGINT, lambda *_: None)
    sys.exit(1 if install(Path(sys.argv[1]), Path(sys.prefix), sys.stdout) else 0)


if __name__ == "__main__":
    main()
