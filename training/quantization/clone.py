"""The copy of a trained model that the export works on, and ways to walk its graph."""

from collections.abc import Callable
from typing import Any

import keras


def inference_clone(model: keras.Model) -> keras.Model:
    """Copy a model into one flat float32 graph of plain convolutions.

    The copy has layers and weights of its own, so what the export does to it never reaches the
    caller's model. Models nested in it (a backbone used as one layer) are spelled out layer by layer,
    and each separable convolution as its depthwise and its pointwise half: the later steps look at
    neighbours, and neighbours must not be hidden inside one layer.

    Parameters
    ----------
    model : keras.Model
        A functional model, of any float precision and with models nested at any depth.

    Returns
    -------
    keras.Model
        The same function of the same input, in float32.
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
    return rewired(_flat(clone), _split)


def rewired(model: keras.Model, call: Callable[..., Any]) -> keras.Model:
    """Build a graph of the same layers, each of them called through `call(layer, *args, **kwargs)`."""
    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)


def consumers(model: keras.Model) -> dict[Any, list[Any]]:
    """Map each layer of a flat model to the layers that read it; ``None`` stands for the caller."""
    makers: dict[int, Any] = {}
    readers: dict[Any, list[Any]] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        result = layer(*args, **kwargs)
        makers[id(result)] = layer
        readers[layer] = []
        for tensor in keras.tree.flatten((args, kwargs)):
            if id(tensor) in makers:
                readers[makers[id(tensor)]].append(layer)
        return result

    for output in rewired(model, call).outputs:
        readers[makers[id(output)]].append(None)
    return readers


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


def _split(layer: Any, *args: Any, **kwargs: Any) -> Any:
    if not isinstance(layer, keras.layers.SeparableConv2D):
        return layer(*args, **kwargs)
    depthwise = keras.layers.DepthwiseConv2D(
        layer.kernel_size,
        strides=layer.strides,
        padding=layer.padding,
        depth_multiplier=layer.depth_multiplier,
        dilation_rate=layer.dilation_rate,
        use_bias=False,
        name=f"{layer.name}_depthwise",
    )
    pointwise = keras.layers.Conv2D(
        layer.filters,
        1,
        use_bias=layer.use_bias,
        activation=layer.activation,
        name=f"{layer.name}_pointwise",
    )
    result = pointwise(depthwise(*args, **kwargs))
    depthwise_kernel, *pointwise_weights = layer.get_weights()
    depthwise.set_weights([depthwise_kernel])
    pointwise.set_weights(pointwise_weights)
    return result
