"""Errors of the model registry; each message says what to do."""


class RegistryError(Exception):
    """Base class of the registry's errors; the message says what to do."""


class UnreachableError(RegistryError):
    """S3 is unreachable or denied the call; the same call may succeed later."""


class UnknownVersionError(RegistryError):
    """The registry has no such version."""


class VersionExistsError(RegistryError):
    """The registry has this version with another manifest."""


class BrokenChannelError(RegistryError):
    """A channel's file is unreadable."""


class ConflictError(RegistryError):
    """A concurrent writer changed the channel or object first."""


class NoPreviousVersionError(RegistryError):
    """The channel has no previous version to roll back to."""
