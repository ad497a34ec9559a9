"""Watcher of a channel of the registry; imported only if there is a registry."""

from typing import TYPE_CHECKING

import numpy as np
from botocore.config import Config

from frond.classifier import Classifier
from frond.registry import Pointer, Registry, UnreachableError
from frond_classify.serving.model_cache import ModelCache
from frond_classify.settings import ClassifySettings

if TYPE_CHECKING:
    from botocore.session import Session

# Short timeouts, because a request may wait for it: the active model serves until the next poll.
TIMEOUTS = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})


class ChannelWatcher:
    """A channel, and where it pointed at the last poll.

    Attributes
    ----------
    channel
        Its name.

    Raises
    ------
    frond.registry.UnreachableError
        The client of S3 cannot be created. Every method raises it, too, if S3 fails.
    """

    def __init__(self, settings: ClassifySettings, session: "Session") -> None:
        registry = Registry.open(settings.models_bucket, TIMEOUTS, session)
        self.channel = settings.channel
        self._channels, self._versions = registry.channels, registry.versions
        self._cache = ModelCache(registry, settings.model_dir, settings.models_cache, settings.threads)
        self._last: Pointer | None = None
        self._previous: Pointer | None = None

    def poll(self) -> Pointer | None:
        """Return where the channel points if that has changed since the last poll."""
        pointer = self._channels.pointer(self.channel, self._last)
        if pointer == self._last:
            return None
        # An invalid release is not loaded again before the channel changes.
        self._previous, self._last = self._last, pointer
        return pointer

    def load(self, version: str) -> Classifier:
        """Load and verify a version, and run it once.

        Raises
        ------
        frond.registry.RegistryError, frond.problems.InvalidModel
            The version cannot serve.
        """
        try:
            classifier = self._cache.load(version)
        except UnreachableError:
            self._last = self._previous  # the next poll tries again
            raise
        # An input of the wrong size fails here, while another model can still serve, not in a request.
        size = classifier.manifest.input.size
        classifier.infer(np.zeros((size, size, 3), np.uint8))
        return classifier

    def species_photo(self, version: str, slug: str, number: int) -> bytes | None:
        """Return one of a version's photos of a species, a JPEG; None if it has none of that number."""
        return self._versions.picture(version, slug, number)

    def report(self, version: str) -> str | None:
        """Return a version's report as HTML; None if it has none."""
        found = self._versions.report(version, "index.html")
        return found.decode() if found else None
