"""Train a whole detector on an accelerator without TensorFlow, on scenes that are composed there.

It needs JAX, optax, NumPy, SciPy and Pillow alone.
"""
