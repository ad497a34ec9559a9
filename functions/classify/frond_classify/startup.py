"""The cold start: load the model in a thread while the main thread imports the rest.

LiteRT releases the GIL while it loads a model, so the two together take about as long as the longer one.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def startup() -> Iterator[None]:
    """Start loading the model, run the block's imports, and wait for the model.

    A handler's module imports everything else inside this block.

    Raises
    ------
    frond.problems.InvalidModel
        There is no model that matches its manifest: the function does not start.
    """
    # NumPy's threads wait for work by spinning, on the processors that LiteRT uses. No matrix product here is
    # large enough for two threads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Imports create objects that stay. Looking for garbage among them takes a tenth of a cold start.
    gc.disable()
    # Not at the top: this imports NumPy, which reads the variable then, and creates most of those objects.
    from frond_classify.app import current_app  # noqa: PLC0415

    current_app().start_loading()
    yield
    _wait_for_model()
    # The objects of the imports live as long as the process; later collections skip them.
    gc.freeze()
    gc.enable()
    from frond.telemetry import costs  # noqa: PLC0415 - see above

    costs.started()


def _wait_for_model() -> None:
    from frond.problems import InvalidModel  # noqa: PLC0415 - see above
    from frond.telemetry import logger  # noqa: PLC0415 - see above
    from frond_classify.app import current_app  # noqa: PLC0415 - see above

    try:
        current_app().model_provider.refresh()
    except InvalidModel as error:
        # A function that does not start is better than one that answers with an unknown model.
        logger.critical("Function cannot start", reason=error.detail)
        raise
