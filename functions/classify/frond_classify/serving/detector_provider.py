"""The provider of the detector, which is loaded when the first request needs it."""

from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

from frond.detection import Detector
from frond.manifest import MANIFEST_NAME
from frond.problems import InvalidModel, UnknownPath
from frond.telemetry import MetricUnit, logger, metrics
from frond_classify.settings import ClassifySettings
from frond_classify.storage.aws_clients import AwsClients

if TYPE_CHECKING:
    from frond_classify.serving.detection_channel import DetectionChannelWatcher

# Within the folder of the baked-in model.
FOLDER = "detection"


class DetectorProvider:
    """The active detector: the registry's, else the last good one, else the baked-in one."""

    def __init__(self, settings: ClassifySettings, aws: AwsClients) -> None:
        self._settings, self._aws = settings, aws
        self._next_poll = 0.0
        self._active: Detector | None = None

    def refresh(self) -> Detector:
        """Return the active detector, after a poll of the channel if that is due.

        Raises
        ------
        frond.problems.UnknownPath
            There is none.
        RuntimeError
            The baked-in one does not match its manifest: an error of ours, and no problem of the request.
        """
        if self._settings.models_bucket and monotonic() >= self._next_poll:
            self._update()
        if self._active is None:
            self._active = self._load_baked_in()
        return self._active

    def _update(self) -> None:
        """Load what the channel points at, if that has changed; a broken release changes nothing."""
        try:
            if self._watcher.poll():
                self._active = self._watcher.load()
        except Exception as error:  # noqa: BLE001 - no request may fail because of a release
            logger.warning("Detector was not updated", channel=self._settings.channel, reason=str(error))
            metrics.add_metric("ModelFallback", MetricUnit.Count, 1)
        finally:
            self._next_poll = monotonic() + self._settings.channel_refresh_seconds

    def _load_baked_in(self) -> Detector:
        folder = self._settings.model_dir / FOLDER
        if not (folder / MANIFEST_NAME).exists():
            raise UnknownPath(
                "This service has no detector; POST /v1/classifications takes photos of one plant."
            )
        try:
            return Detector.load(folder, self._settings.threads)
        except InvalidModel as error:
            raise RuntimeError(f"The detector cannot be used: {error.detail}") from error

    @cached_property
    def _watcher(self) -> "DetectionChannelWatcher":
        # Only a function with a registry pays for the import and the client of S3.
        from frond_classify.serving.detection_channel import DetectionChannelWatcher  # noqa: PLC0415

        return DetectionChannelWatcher(self._settings, self._aws.session)
