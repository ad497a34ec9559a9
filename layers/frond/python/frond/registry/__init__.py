"""The model registry: released models in a versioned S3 bucket, and channels that point at them.

===================================  ====================================================================
``models/<version>/…``               Immutable. The manifest is written last; a version without one is
                                     incomplete.
``channels/<channel>.json``          The channel's last update. Conditional writes prevent lost updates.
``history/<channel>/<number>.json``  Every update, as it was in the channel's file.
===================================  ====================================================================

``stable`` and ``candidate`` point at classifiers, ``detection-stable`` and ``detection-candidate`` at
detectors.
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
)
from frond.registry.storage import Storage, unreachable
from frond.registry.versions import Versions
from frond.settings import Channel, DetectionChannel

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

__all__ = [
    "BrokenChannelError",
    "Channel",
    "ChannelAction",
    "ChannelUpdate",
    "ConflictError",
    "DetectionChannel",
    "NoPreviousVersionError",
    "Pointer",
    "Registry",
    "RegistryError",
    "UnknownVersionError",
    "UnreachableError",
    "VersionExistsError",
]


class Registry:
    """The registry in one bucket; its errors are :class:`RegistryError`.

    Attributes
    ----------
    bucket
        Name of the bucket.
    versions
        The released models.
    channels
        The channels that point at them.
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
        """Open the registry in a bucket, without a request to S3.

        Parameters
        ----------
        config
            Timeouts and retries.
        account
            A session to share with other clients; a new one by default.
        **where
            Further arguments of ``create_client``, such as ``endpoint_url``; the environment sets the rest.
        """
        try:
            account = account or botocore.session.get_session()
            s3: Any = account.create_client("s3", config=config, **where)
        except BotoCoreError as error:
            raise unreachable(bucket, error) from error
        return cls(s3, bucket)
