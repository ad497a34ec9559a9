"""Install the packages and models of implementations."""

from collections.abc import Callable, Iterable

from benchmarks import peer_models
from benchmarks.implementations import Implementation
from benchmarks.paths import RELEASED
from benchmarks.task_root import NotInstalledError, task_root

Report = Callable[[str], None]


def install(wanted: Iterable[Implementation], report: Report) -> tuple[list[Implementation], dict[str, str]]:
    """Install implementations; the first time this downloads some hundred megabytes for each.

    Parameters
    ----------
    wanted
        Implementations to install.
    report
        Receives progress messages, for an installation can take minutes.

    Returns
    -------
    list of Implementation
        Installed implementations.
    dict of str to str
        Reason by key of each implementation that could not be installed.
    """
    ready: list[Implementation] = []
    left_out: dict[str, str] = {}
    for implementation in wanted:
        try:
            report(f"Installing {implementation.title} …")
            task_root(implementation.packages)
            if implementation.model != RELEASED:
                peer_models.prepare()
        except NotInstalledError as reason:
            left_out[implementation.key] = str(reason)
        else:
            ready.append(implementation)
    return ready, left_out
