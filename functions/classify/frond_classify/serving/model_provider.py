"""The provider of the active model."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

from frond.classifier import Classifier
from frond.manifest import gallery_name
from frond.telemetry import MetricUnit, logger, metrics
from frond_classify.settings import ClassifySettings
from frond_classify.storage.aws_clients import AwsClients

if TYPE_CHECKING:
    from frond_classify.serving.channel_watcher import ChannelWatcher

BAKED_IN = "baked-in"
REPORT_NAME = "index.html"


@dataclass(frozen=True, slots=True)
class ActiveModel:
    """A loaded model: the name of its channel or ``baked-in``, and since when it serves."""

    classifier: Classifier
    source: str
    since: datetime


class ModelProvider:
    """The active model. A new release replaces it between two requests, never during one.

    The baked-in model serves if there is no models bucket, or if its channel points nowhere. If a release
    cannot be loaded, the last good model stays active.

    Attributes
    ----------
    active
        The active model.

    Raises
    ------
    frond.problems.InvalidModel
        No release can be loaded, and the baked-in model does not match its manifest.
    """

    def __init__(self, settings: ClassifySettings, aws: AwsClients) -> None:
        self._settings, self._aws = settings, aws
        self._next_poll = 0.0
        self.active = self._load_update() or self._load_baked_in()

    def refresh(self) -> ActiveModel:
        """Return the active model, after a poll of the channel if that is due."""
        if monotonic() >= self._next_poll:
            self.active = self._load_update() or self.active
        return self.active

    def species_photo(self, slug: str, number: int = 1) -> bytes | None:
        """Return one of the active model's photos of a species, a JPEG; None if it has none of that number.

        Raises
        ------
        frond.registry.UnreachableError
            S3 failed; a later attempt may succeed.
        """
        manifest = self.active.classifier.manifest
        if number < 1 or slug not in {species.slug for species in manifest.labels}:
            return None
        if self.active.source != BAKED_IN:
            return self._watcher.species_photo(manifest.version, slug, number)
        path = self._settings.model_dir / "report" / gallery_name(slug, number)
        return path.read_bytes() if path.exists() else None

    def report(self) -> str | None:
        """Return the active model's report as HTML; None if it has none.

        Raises
        ------
        frond.registry.UnreachableError
            S3 failed; a later attempt may succeed.
        """
        if self.active.source != BAKED_IN:
            return self._watcher.report(self.active.classifier.manifest.version)
        path = self._settings.model_dir / "report" / REPORT_NAME
        return path.read_text("utf-8") if path.exists() else None

    def _load_update(self) -> ActiveModel | None:
        """Return the release that the channel points at, if it is new and can be loaded."""
        if not self._settings.models_bucket:
            return None
        try:
            return self._load_release()
        except Exception as error:  # noqa: BLE001 - no request may fail because of a release
            logger.warning("Model was not updated", channel=self._settings.channel, reason=str(error))
            metrics.add_metric("ModelFallback", MetricUnit.Count, 1)
            return None
        finally:
            self._next_poll = monotonic() + self._settings.channel_refresh_seconds

    def _load_release(self) -> ActiveModel | None:
        pointer = self._watcher.poll()
        if pointer is None:
            return None
        if pointer.version is None:
            return self._load_baked_in()
        classifier = self._watcher.load(pointer.version)
        logger.info("Model was updated", channel=pointer.channel, version=pointer.version)
        return ActiveModel(classifier, pointer.channel, datetime.now(UTC))

    def _load_baked_in(self) -> ActiveModel:
        classifier = Classifier.load(self._settings.model_dir, self._settings.threads)
        return ActiveModel(classifier, BAKED_IN, datetime.now(UTC))

    @cached_property
    def _watcher(self) -> "ChannelWatcher":
        # The import and a client of S3 take a fifth of a second; only a function with a registry pays.
        from frond_classify.serving.channel_watcher import ChannelWatcher  # noqa: PLC0415

        return ChannelWatcher(self._settings, self._aws.session)
