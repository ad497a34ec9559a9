"""Warm calls: from the bytes of a photo to the answer, and the network alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.contenders import Contender
from benchmarks.near_side import NearSide, at_work
from benchmarks.photos import Photo
from benchmarks.quiet import Quiet
from benchmarks.rounds import Figures, interleaved

INFERENCE = "inference alone"
# Calls of a turn that count; one that does not comes before them.
CALLS = 2


@dataclass(frozen=True, slots=True)
class Warm:
    """Milliseconds of a piece of work by a contender with so many threads."""

    contender: str
    work: str
    threads: int
    ms: Figures


def measure(
    contenders: list[Contender],
    photos: list[Photo],
    threads: int,
    rounds: int,
    quiet: Quiet,
    left_out: dict[str, str],
) -> Iterator[Warm | None]:
    """Have everybody do everything, in turns; yield ``None`` after each turn, then what was measured.

    Parameters
    ----------
    contenders, photos
        Who, and what.
    threads
        Of each inference.
    rounds
        How many turns everybody has at everything.
    quiet
        What every turn waits for.
    left_out
        Gets who does not start, and why.
    """
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with at_work(contenders, threads, left_out) as sides:
        turns: list[tuple[NearSide, Photo | None]] = [
            (side, photo) for photo in [None, *photos] for side in sides
        ]
        for _, (side, photo) in interleaved(turns, rounds):
            quiet.wait()
            answer = side.ask(photo.path if photo else None, CALLS)
            found[side.contender.key, photo.name if photo else INFERENCE] += answer["ms"]
            yield None
    for (contender, work), values in found.items():
        yield Warm(contender, work, threads, Figures(tuple(values)))
