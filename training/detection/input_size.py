"""The size of a detector's input."""

from training.errors import TrainingError

# Pixels between two positions of the coarsest feature map; the finer ones have a whole number of its cells.
MULTIPLE = 16


def check_input_size(size: int) -> None:
    """Check the height and width of a detector's input, pixels.

    Raises
    ------
    training.errors.TrainingError
        The size is no multiple of 16.
    """
    if size % MULTIPLE:
        below = size - size % MULTIPLE
        raise TrainingError(
            f"A detector needs a size that is a multiple of {MULTIPLE} px, such as {below} or "
            f"{below + MULTIPLE}, not {size}."
        )
