"""Learning to see a changed picture as the network saw the picture before."""

from typing import Any

import keras

from training.networks.network import NETWORK


def consistent_learner(
    pictures: Any, views: Any, changed: Any, network: keras.Model, teacher: keras.Model
) -> keras.Model:
    """Build a learner of a teacher's outputs for ``views``, from ``changed``: its loss is their distance.

    Both keep the statistics of their batch normalization and leave out dropout, so the loss of an unchanged
    view is zero at first, and the network stays as it was for those. Labels are not needed. Consistency
    under a change: Sajjadi et al. 2016 (arXiv:1606.04586); features of a teacher: Romero et al. 2015
    (arXiv:1412.6550).

    Parameters
    ----------
    pictures
        The learner's input.
    views, changed
        The same views of it, ``float32[N, S, S, 3]`` in 0..255, without and with the change.
    network, teacher
        From :func:`training.networks.network.build`, with the same weights. The teacher never changes.
    """
    seen = _as_served(network, NETWORK)(changed)
    wanted = _as_served(teacher, "teacher")(views)
    teacher.trainable = False
    return keras.Model(pictures, Consistency(dtype="float32")([*seen, *wanted]), name="learner")


def _as_served(network: keras.Model, name: str) -> keras.Model:
    return AsServed(network.input, [network.get_layer("pooled").output, network.output], name=name)


@keras.saving.register_keras_serializable("frond")
class AsServed(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A network that computes in training what it computes in service.

    An argument ``training=False`` of a call would not do: the whole model's overrides it.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: ARG002
        """Return the outputs of the network."""
        return super().call(inputs, training=False, mask=mask)


@keras.saving.register_keras_serializable("frond")
class Consistency(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Add the loss; return the logits that the network has for the changed views.

    The loss is the share of the teacher's variance that the features miss, plus twice the Kullback-Leibler
    divergence of the species.
    """

    def call(self, inputs: list[Any]) -> Any:
        """Take features ``[N, F]`` and logits ``[N, K]`` of the network, then the teacher's."""
        features, logits, wanted_features, wanted_logits = inputs
        ops = keras.ops
        spread = ops.sum(ops.var(wanted_features, axis=0)) + keras.config.epsilon()
        missed = ops.mean(ops.sum(ops.square(features - wanted_features), axis=-1)) / spread
        divergence = ops.sum(
            ops.softmax(wanted_logits) * (ops.log_softmax(wanted_logits) - ops.log_softmax(logits)), axis=-1
        )
        self.add_loss(missed + 2 * ops.mean(divergence))
        return logits
