"""What was tried, for a person at the terminal."""

from collections.abc import Iterator

from rich.table import Table

from training.artifacts.trials import AbstentionTrials


def tables(tried: AbstentionTrials) -> Iterator[Table]:
    """Yield a table of the scores and, where there were any, one of the species left out."""
    names = tried.unknown_sets()
    scores = Table("score", "threshold", "known identified", *(f"{name} turned away" for name in names))
    for score in tried.scores:
        chosen = score.name == tried.chosen
        scores.add_row(
            f"{score.name} (the model's)" if chosen else score.name,
            f"{score.threshold:.4g}",
            f"{score.known_accepted:.3f}",
            *(f"{score.turned_away[name]:.3f}" for name in names),
            style="bold" if chosen else None,
        )
    yield scores
    if tried.left_out:
        yield _left_out(tried)


def _left_out(tried: AbstentionTrials) -> Table:
    table = Table("trained without", "photos", "not identified", "not recognised")
    for left in tried.left_out:
        table.add_row(
            left.species, str(left.photos), f"{left.not_identified:.3f}", f"{left.not_recognised:.3f}"
        )
    return table
