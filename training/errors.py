"""What stops a training command: a sentence for the person at the terminal, and exit code 1."""


class TrainingError(Exception):
    """A fault that the person who started the command can mend; the message says how."""
