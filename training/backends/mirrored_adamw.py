"""AdamW for mirrored devices."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("frond")
class MirroredAdamW(keras.optimizers.AdamW):  # type: ignore[misc]  # Keras has no types
    """AdamW that clips the gradient of the whole step.

    Keras clips the share of each replica before it sums the shares, so that a step would depend on the
    number of devices.
    """

    def apply(self, grads: list[Any], trainable_variables: list[Any] | None = None) -> None:
        """Take a step with this replica's share of the gradient."""
        context = tf.distribute.get_replica_context()
        replicas = context.num_replicas_in_sync if context else 1
        if self.global_clipnorm and replicas > 1:
            whole = context.all_reduce(tf.distribute.ReduceOp.SUM, grads)
            clipped, _ = tf.clip_by_global_norm(whole, self.global_clipnorm)
            # Keras sums equal shares to the clipped gradient, whose norm it does not clip again.
            grads = [gradient / replicas for gradient in clipped]
        super().apply(grads, trainable_variables)
