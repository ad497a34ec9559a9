"""The channel of the registry that this process follows; imported only where there is a registry."""

import numpy as np
from botocore.config import Config

from frond.classifier import Classifier
from frond.registry import Pointer, Registry, UnreachableError
from frond_classify.serving.model_cache import Releases
from frond_classify.settings import Configuration
from frond_classify.storage.aws_clients import account

# Short, because a request may wait for it: the model that runs is good enough until the next look.
QUICK = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})


class Subscription:
    """A channel, and what was last seen of it.

    Attributes
    ----------
    channel
        Its name.

    Raises
    ------
    frond.registry.UnreachableError
        There can be no client of S3. Every method raises it, too, when S3 does not do as it was asked.
    """

    def __init__(self, settings: Configuration) -> None:
        registry = Registry.open(settings.models_bucket, QUICK, account())
        self.channel = settings.channel
        self._channels, self._versions = registry.channels, registry.versions
        self._releases = Releases(registry, settings.model_dir, settings.models_cache, settings.threads)
        self._seen: Pointer | None = None
        self._before: Pointer | None = None

    def news(self) -> Pointer | None:
        """Return where the channel points if that has changed since the last look."""
        pointer = self._channels.pointer(self.channel, self._seen)
        if pointer == self._seen:
            return None
        # A bad release is not tried again before the channel moves.
        self._before, self._seen = self._seen, pointer
        return pointer

    def classifier(self, version: str) -> Classifier:
        """Return the version that the news told of, loaded, verified and tried.

        Raises
        ------
        frond.registry.RegistryError, frond.problems.InvalidModel
            It is none that can serve.
        """
        try:
            released = self._releases.classifier(version)
        except UnreachableError:
            self._seen = self._before  # one that did not come is tried again
            raise
        # Something else can still serve, so better now than in somebody's request.
        size = released.manifest.input.size
        released.infer(np.zeros((size, size, 3), np.uint8))
        return released

    def picture(self, version: str, slug: str) -> bytes | None:
        """Return the JPEG that shows a species of a version; None where it came without one."""
        return self._versions.picture(version, slug)
