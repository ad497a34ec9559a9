"""The one model session of this process: which model answers now."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from time import monotonic
from typing import Any

import numpy as np

from configuration import Configuration, configuration
from frond.classifier import Classifier
from frond.registry import Pointer, Registry, UnreachableError
from frond.telemetry import MetricUnit, logger, metrics
from frond.tracing import trace_aws
from releases import Releases

BAKED_IN = "baked-in"
# Short, because a request may wait for it: the model that runs is good enough until the next look.
QUICK: dict[str, Any] = {
    "connect_timeout": 1,
    "read_timeout": 1,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}


@dataclass(frozen=True, slots=True)
class Running:
    """A model at work: the channel that it came from, or that it is the baked-in one, and since when."""

    classifier: Classifier
    source: str
    since: datetime


class Session:
    """The model that serves; another takes its place between two requests, never during one.

    Without a models bucket, or while its channel points nowhere, the baked-in model serves. Whatever is
    wrong with a release, the last good model goes on.

    Attributes
    ----------
    running
        What serves now.

    Raises
    ------
    frond.problems.InvalidModel
        No release serves, and the baked-in model is not as its manifest tells.
    """

    def __init__(self, settings: Configuration) -> None:
        self._settings = settings
        self._seen: Pointer | None = None
        self._due = 0.0
        self.running = self._changed() or self._baked_in()

    def up_to_date(self) -> Running:
        """Return what serves from now on, after a look at the channel if that is due."""
        if monotonic() >= self._due:
            self.running = self._changed() or self.running
        return self.running

    def picture(self, slug: str) -> bytes | None:
        """Return the JPEG that shows a species of the model that serves; None where it came without one.

        Raises
        ------
        frond.registry.UnreachableError
            S3 did not give it; it may another time.
        """
        running = self.running
        if slug not in {species.slug for species in running.classifier.manifest.labels}:
            return None
        if running.source != BAKED_IN:
            return self._registry.versions.picture(running.classifier.manifest.version, slug)
        path = self._settings.model_dir / "report" / "gallery" / f"{slug}.jpg"
        return path.read_bytes() if path.exists() else None

    def _changed(self) -> Running | None:
        """Return what the channel points at, if that is new and good."""
        if not self._settings.models_bucket:
            return None
        try:
            return self._followed()
        except Exception as fault:  # noqa: BLE001 - no release, whatever is wrong with it, may cost a request
            logger.warning("The model was not changed", channel=self._settings.channel, reason=str(fault))
            metrics.add_metric("ModelFallback", MetricUnit.Count, 1)
            return None
        finally:
            self._due = monotonic() + self._settings.channel_refresh_seconds

    def _followed(self) -> Running | None:
        before = self._seen
        pointer = self._registry.channels.pointer(self._settings.channel, before)
        if pointer == before:
            return None
        # A bad release is not tried again before the channel moves; one that did not come is.
        self._seen = pointer
        try:
            return self._released(pointer.version) if pointer.version else self._baked_in()
        except UnreachableError:
            self._seen = before
            raise

    def _released(self, version: str) -> Running:
        settings = self._settings
        releases = Releases(self._registry, settings.model_dir, settings.models_cache, settings.threads)
        released = releases.classifier(version)
        # Something else could still serve: a trial, in which nothing but a fault is looked for.
        size = released.manifest.input.size
        released.infer(np.zeros((size, size, 3), np.uint8))
        running = _at_work(released, settings.channel)
        logger.info("The model was changed", channel=settings.channel, version=version)
        return running

    def _baked_in(self) -> Running:
        return _at_work(Classifier.load(self._settings.model_dir, self._settings.threads), BAKED_IN)

    @cached_property
    def _registry(self) -> Registry:
        # It takes a tenth of a second, and so does a client: only where there is a registry, and once.
        from botocore.config import Config  # noqa: PLC0415

        trace_aws()
        return Registry.open(self._settings.models_bucket, Config(**QUICK))


@cache
def loading() -> Future[Session]:
    """Return this process's session to be; the first call begins to load the model, in a thread."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="loading")
    future = pool.submit(lambda: Session(configuration()))
    pool.shutdown(wait=False)  # the thread ends with its work
    return future


def session() -> Session:
    """Return this process's session, when its model is loaded; what :class:`Session` raises, it raises."""
    return loading().result()


def classifier() -> Classifier:
    """Return the classifier to answer one request with, loaded, verified and warm.

    Raises
    ------
    frond.problems.InvalidModel
        There is no other model than the baked-in one, and it does not match its manifest.
    """
    return session().up_to_date().classifier


def _at_work(loaded: Classifier, source: str) -> Running:
    return Running(loaded, source, datetime.now(UTC))
