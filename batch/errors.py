"""The batch job's exception."""


class BatchError(Exception):
    """An error that the user can fix; its text describes the fix."""
