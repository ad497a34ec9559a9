"""A flat float32 copy of a trained model for the export, and functions that walk its graph."""

from collections.abc import Callable
from typing import Any

import keras


def inference_clone(model: keras.Model) -> keras.Model:
    """Copy a model into one flat float32 graph of plain convolutions.

    The copy has its own layers and weights, so the export never changes the caller's model. Nested models
    (a backbone used as one layer) are flattened, and each separable convolution becomes a depthwise and a
    pointwise convolution, because later steps look at neighbouring layers.

    Parameters
    ----------
    model : keras.Model
        A functional model, of any float precision and with models nested at any depth.

    Returns
    -------
    keras.Model
        The equivalent model in float32.
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
    """Rebuild the graph with each layer called through `call(layer, *args, **kwargs)`."""
    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)


def consumers(model: keras.Model) -> dict[Any, list[Any]]:
    """Map each layer of a flat model to the layers that read it; ``None`` marks a model output."""
    producers: dict[int, Any] = {}
    readers: dict[Any, list[Any]] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        result = layer(*args, **kwargs)
        producers[id(result)] = layer
        readers[layer] = []
        for tensor in keras.tree.flatten((args, kwargs)):
            if id(tensor) in producers:
                readers[producers[id(tensor)]].append(layer)
        return result

    for output in rewired(model, call).outputs:
        readers[producers[id(output)]].append(None)
    return readers


def _in_float32(operation: Any) -> Any:
    config = operation.get_config()
    if "dtype" in config:
        config["dtype"] = "float32"
    return type(operation).from_config(config)


def _flat(model: keras.Model) -> keras.Model:
    while any(_is_nested(operation) for operation in model.operations):
        model = rewired(model, _inlined)
    return model


def _is_nested(operation: Any) -> bool:
    return isinstance(operation, keras.Model) or type(operation).__name__ == "ConvertToTensor"


def _inlined(operation: Any, *args: Any, **kwargs: Any) -> Any:
    if not _is_nested(operation):
        return operation(*args, **kwargs)
    if isinstance(operation, keras.Model):
        # `call` runs the nested model's layers on the symbolic tensors; `__call__` would add one node. Its
        # `ConvertToTensor` operations are redundant for tensors.
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
