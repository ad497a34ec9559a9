"""Who can take part on this machine."""

from collections.abc import Callable, Iterable

from benchmarks import models
from benchmarks.contenders import Contender
from benchmarks.places import RELEASED
from benchmarks.task import NotInstalledError, task

Tell = Callable[[str], None]


def lineup(wanted: Iterable[Contender], tell: Tell) -> tuple[list[Contender], dict[str, str]]:
    """Set up contenders; the first time this fetches some hundred megabytes for each, later nothing.

    Parameters
    ----------
    wanted
        Who should take part.
    tell
        Is told what is being done, for it may take minutes.

    Returns
    -------
    list of Contender
        Who does.
    dict of str to str
        Who does not, by key, and why.
    """
    ready: list[Contender] = []
    left_out: dict[str, str] = {}
    for contender in wanted:
        try:
            tell(f"Setting up {contender.title} …")
            task(contender.packages)
            if contender.model != RELEASED:
                models.prepare()
        except NotInstalledError as reason:
            left_out[contender.key] = str(reason)
        else:
            ready.append(contender)
    return ready, left_out
