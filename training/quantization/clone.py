"""The copy of a trained model that the export works on."""

from typing import Any

import keras


def inference_clone(model: keras.Model) -> keras.Model:
    """Copy a model into one flat float32 graph.

    The copy has layers and weights of its own, so what the export does to it never reaches the
    caller's model. Models nested in it (a backbone used as one layer) are spelled out layer by layer:
    the later steps look at neighbours, and neighbours must not be hidden by a box around one of them.

    Parameters
    ----------
    model : keras.Model
        A functional model, of any float precision and with models nested at any depth.

    Returns
    -------
    keras.Model
        The same function of the same input, in float32, with no model nested in it.
    """
    copied: list[tuple[Any, Any]] = []

    def fresh(operation: Any) -> Any:
        twin = _in_float32(operation)
        copied.append((operation, twin))
        return twin

    clone = keras.models.clone_model(model, clone_function=fresh, recursive=True)
    for original, twin in copied:
        if isinstance(original, keras.layers.Layer):
            twin.set_weights(original.get_weights())
    return _flat(clone)


def rewired(model: keras.Model, call: Any) -> keras.Model:
    """Build a graph of the same layers, each of them called through `call(layer, *args, **kwargs)`."""
    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)


def _in_float32(operation: Any) -> Any:
    config = operation.get_config()
    if "dtype" in config:
        config["dtype"] = "float32"
    return type(operation).from_config(config)


def _flat(model: keras.Model) -> keras.Model:
    while any(_boxed(operation) for operation in model.operations):
        model = rewired(model, _opened)
    return model


def _boxed(operation: Any) -> bool:
    return isinstance(operation, keras.Model) or type(operation).__name__ == "ConvertToTensor"


def _opened(operation: Any, *args: Any, **kwargs: Any) -> Any:
    if not _boxed(operation):
        return operation(*args, **kwargs)
    if isinstance(operation, keras.Model):
        # `call` runs a nested model's layers on the symbolic tensors, where `__call__` would add it as
        # one node. It also converts what it is given to a tensor, which a tensor does not need.
        return operation.call(*args, **kwargs)
    return args[0]
