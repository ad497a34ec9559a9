"""Errors of the training commands: one sentence on the terminal, and exit code 1."""


class TrainingError(Exception):
    """An error that the user can fix; the message explains how."""
