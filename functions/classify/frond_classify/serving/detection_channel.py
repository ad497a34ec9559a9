"""Watcher of the registry's channel of detectors; imported only if there is a registry."""

from contextlib import suppress
from typing import TYPE_CHECKING

from frond.detection import Detector
from frond.manifest import MODEL_NAME
from frond.problems import InvalidModel
from frond.registry import DetectionChannel, Pointer, Registry, UnreachableError
from frond.telemetry import logger
from frond_classify.serving.channel_watcher import TIMEOUTS
from frond_classify.serving.detector_provider import FOLDER
from frond_classify.serving.model_cache import DOWNLOAD_SECONDS
from frond_classify.serving.model_files import ModelFiles
from frond_classify.settings import ClassifySettings

if TYPE_CHECKING:
    from botocore.session import Session

CHANNELS: dict[str, DetectionChannel] = {"stable": "detection-stable", "candidate": "detection-candidate"}


class DetectionChannelWatcher:
    """The channel of detectors beside that of classifiers, and where it pointed at the last poll.

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
        self.channel = CHANNELS[settings.channel]
        self._registry = Registry.open(settings.models_bucket, TIMEOUTS, session)
        baked_in = settings.model_dir / FOLDER / MODEL_NAME
        cache = settings.models_cache
        self._files = ModelFiles(baked_in, cache.with_name(f"{cache.name}-{FOLDER}"))
        self._threads = settings.threads
        self._last: Pointer | None = None
        self._previous: Pointer | None = None

    def poll(self) -> bool:
        """Return whether the channel points elsewhere than at the last poll."""
        pointer = self._registry.channels.pointer(self.channel, self._last)
        if pointer == self._last:
            return False
        # An invalid release is not loaded again before the channel changes.
        self._previous, self._last = self._last, pointer
        return True

    def load(self) -> Detector | None:
        """Load and verify the version that the channel points at; None if it points nowhere.

        Raises
        ------
        frond.registry.RegistryError, frond.problems.InvalidModel, OSError
            The version cannot serve.
        """
        if self._last is None or self._last.version is None:
            return None
        try:
            detector = self._load(self._last.version)
        except UnreachableError:
            self._last = self._previous  # the next poll tries again
            raise
        logger.info("Detector was updated", channel=self.channel, version=detector.manifest.version)
        return detector

    def _load(self, version: str) -> Detector:
        manifest = self._registry.versions.detection_manifest(version)
        for path in self._files.of_size(manifest.file):
            with suppress(InvalidModel):  # another file of that size, or a damaged one
                return Detector(path, manifest, self._threads)
        model = self._registry.versions.model(version, DOWNLOAD_SECONDS)
        manifest.verify(model)
        return Detector(self._files.save(manifest.file, model), manifest, self._threads)
