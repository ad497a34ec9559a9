"""Evaluation of an exported model: metrics, calibration, examples and test-time augmentation."""
