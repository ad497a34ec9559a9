"""What shortens a cold start; whoever classifies imports it before anything else.

The model is loaded by LiteRT, which leaves Python free meanwhile: so it loads beside the other imports.
"""

import gc
import os

# NumPy's threads wait for work by spinning, on the processors that LiteRT computes on; no product of ours is
# large enough for two.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Imports make objects that stay. Looking among them for garbage takes a tenth of a cold start and finds none.
gc.disable()

from frond_classify.serving.model_provider import loading  # noqa: E402

loading()


def over() -> None:
    """Collect garbage from now on, but not among what the imports made: that lives as long as the process."""
    gc.freeze()
    gc.enable()
