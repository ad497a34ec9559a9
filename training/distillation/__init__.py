"""Distillation on an accelerator: k teachers, one network that learns from all of them (Hinton et al. 2015).

The modules that run there need Python, NumPy, Pillow, JAX and Optax, and nothing else of Frond.
"""
