"""AdamW for JAX and PyTorch."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("frond")
class ArrayAdamW(keras.optimizers.AdamW):  # type: ignore[misc]  # Keras has no types
    """AdamW whose moving averages keep arrays of their own.

    Keras gives each weight the array of its average at the end of ``fit``. JAX then deletes that array with
    the weight's next value, and the average is lost.
    """

    def finalize_variable_values(self, var_list: list[Any]) -> None:
        """Set the weights to copies of their averages."""
        super().finalize_variable_values(var_list)
        if self.use_ema:
            for weight in var_list:
                weight.assign(keras.ops.copy(weight))
