"""Tables of the benchmark for the terminal."""

from collections.abc import Iterator

from rich.table import Table

from training.artifacts.trials import OodBenchmark


def tables(benchmark: OodBenchmark) -> Iterator[Table]:
    """Yield a table of the scores and, if any were tested, one of the left-out species."""
    names = benchmark.set_names()
    scores = Table("score", "threshold", "known identified", *(f"{name} rejected" for name in names))
    for score in benchmark.scores:
        chosen = score.name == benchmark.chosen
        scores.add_row(
            f"{score.name} (the model's)" if chosen else score.name,
            f"{score.threshold:.4g}",
            f"{score.known_identified:.3f}",
            *(f"{score.rejected[name]:.3f}" for name in names),
            style="bold" if chosen else None,
        )
    yield scores
    if benchmark.left_out:
        yield _left_out(benchmark)


def _left_out(benchmark: OodBenchmark) -> Table:
    table = Table("trained without", "photos", "not identified", "not recognised")
    for left in benchmark.left_out:
        table.add_row(
            left.species, str(left.photos), f"{left.not_identified:.3f}", f"{left.not_recognised:.3f}"
        )
    return table
