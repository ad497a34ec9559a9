"""The model registry: released models in a versioned bucket, and the channels that point at them.

===================================  ====================================================================
``models/<version>/…``               Immutable. The manifest is written last: a version without one is not
                                     there yet.
``channels/<channel>.json``          The channel's last move; only ever changed by a conditional write, so
                                     that two people cannot move it over each other.
``history/<channel>/<number>.json``  Every move, as the channel held it.
===================================  ====================================================================
"""

from typing import TYPE_CHECKING, Any, Self

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from frond.registry.channels import ChannelAction, Channels, ChannelUpdate, Pointer
from frond.registry.errors import (
    BrokenChannelError,
    ConflictError,
    NoPreviousVersionError,
    RegistryError,
    UnknownVersionError,
    UnreachableError,
    VersionExistsError,
    unreachable,
)
from frond.registry.storage import Storage
from frond.registry.versions import Versions
from frond.settings import Channel

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = [
    "BrokenChannelError",
    "Channel",
    "ChannelAction",
    "ChannelUpdate",
    "ConflictError",
    "NoPreviousVersionError",
    "Pointer",
    "Registry",
    "RegistryError",
    "UnknownVersionError",
    "UnreachableError",
    "VersionExistsError",
]


class Registry:
    """The registry in one bucket; whatever fails in it is a :class:`RegistryError`.

    Attributes
    ----------
    bucket
        Its name.
    versions
        The models in it.
    channels
        What points at them.
    """

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        storage = Storage(s3, bucket)
        self.bucket = bucket
        self.versions = Versions(storage)
        self.channels = Channels(storage, self.versions)

    @classmethod
    def open(
        cls, bucket: str, config: Config, account: botocore.session.Session | None = None, **where: Any
    ) -> Self:
        """Return the registry in a bucket; nothing is asked of S3 yet.

        Parameters
        ----------
        config
            How long to wait, and how often to try.
        account
            What the client shares with others; by default nothing.
        **where
            What else a client of botocore is told, such as ``endpoint_url``; the environment says the rest.
        """
        try:
            account = account or botocore.session.get_session()
            s3: Any = account.create_client("s3", config=config, **where)
        except BotoCoreError as error:
            raise unreachable(bucket, error) from error
        return cls(s3, bucket)
