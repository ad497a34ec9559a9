"""Metrics of an epoch. They ignore outliers, whose labels are uniform over the species."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("frond")
class MacroF1(keras.metrics.F1Score):  # type: ignore[misc]  # Keras has no types
    """Macro F1 over the species that are present or predicted, 0 to 1.

    Keras' own macro average counts a species without a photo in the split as F1 0.
    """

    def __init__(self, name: str = "f1", dtype: Any = None) -> None:
        super().__init__(average=None, name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        super().update_state(y_true, y_pred, _of_species(y_true, sample_weight))

    def result(self) -> Any:
        """Return the score since the last reset."""
        scores = super().result()
        photos = self.true_positives + self.false_positives + self.false_negatives
        seen = ops.cast(photos > 0, scores.dtype)
        return ops.sum(scores * seen) / ops.maximum(ops.sum(seen), 1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name, "dtype": self.dtype}


@keras.saving.register_keras_serializable("frond")
class Accuracy(keras.metrics.CategoricalAccuracy):  # type: ignore[misc]  # Keras has no types
    """Top-1 accuracy, 0 to 1."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        super().update_state(y_true, y_pred, _of_species(y_true, sample_weight))


def _of_species(labels: Any, weights: Any) -> Any:
    """Return the sample weights, zero for outliers."""
    known = ops.cast(ops.any(ops.not_equal(labels, labels[:, :1]), axis=1), "float32")
    return known if weights is None else known * weights
