"""The exit codes of all commands of `frond`."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command."""

    OK = 0
    # An error ended the command, or some photos or messages failed.
    FAILED = 1
    # An unknown command or option, or a value that an option does not take. Typer's own code.
    USAGE = 2
    # Nothing failed, but results are still pending: the same command fetches them.
    PENDING = 3
    # As of a shell's command that SIGINT ended.
    INTERRUPTED = 130
