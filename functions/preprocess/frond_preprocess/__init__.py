"""Preprocess uploaded photos into the model's input."""
