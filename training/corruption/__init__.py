"""Corrupted photos: the model's errors on them, and the bounds of blur and darkness that prevent them."""
