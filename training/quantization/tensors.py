"""Read intermediate tensors of a TFLite file while it runs."""

from collections.abc import Callable, Iterator

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

Values = Callable[[int], NDArray[np.float64]]


def values_by_photo(tflite: bytes, photos: NDArray[np.uint8]) -> Iterator[Values]:
    """Run photos one by one and yield, for each, a function from a tensor's index to its dequantized values.

    LiteRT's own kernels run, because XNNPACK does not preserve intermediate tensors; both round alike but for
    the last bit.

    Parameters
    ----------
    tflite : bytes
        With one input ``[1, S, S, 3]``, uint8 or float32.
    photos : ndarray
        ``uint8[N, S, S, 3]``.
    """
    interpreter = Interpreter(
        model_content=tflite,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    image = interpreter.get_input_details()[0]
    scales = {each["index"]: each["quantization"] for each in interpreter.get_tensor_details()}

    def values(index: int) -> NDArray[np.float64]:
        scale, zero_point = scales[index]
        stored: NDArray[np.float64] = interpreter.get_tensor(index).astype(np.float64)
        return (stored - zero_point) * scale if scale else stored

    for photo in photos:
        interpreter.set_tensor(image["index"], photo[np.newaxis].astype(image["dtype"]))
        interpreter.invoke()
        yield values
