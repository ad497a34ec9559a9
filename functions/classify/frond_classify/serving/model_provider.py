"""The one model session of this process: which model answers now."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from time import monotonic
from typing import TYPE_CHECKING

from frond.classifier import Classifier
from frond.telemetry import MetricUnit, logger, metrics
from frond_classify.settings import Configuration, configuration

if TYPE_CHECKING:
    from frond_classify.serving.channel_watcher import Subscription

BAKED_IN = "baked-in"


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
            return self._subscription.picture(running.classifier.manifest.version, slug)
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
        news = self._subscription.news()
        if news is None:
            return None
        if news.version is None:
            return self._baked_in()
        released = self._subscription.classifier(news.version)
        logger.info("The model was changed", channel=news.channel, version=news.version)
        return Running(released, news.channel, datetime.now(UTC))

    def _baked_in(self) -> Running:
        classifier = Classifier.load(self._settings.model_dir, self._settings.threads)
        return Running(classifier, BAKED_IN, datetime.now(UTC))

    @cached_property
    def _subscription(self) -> "Subscription":
        # With a client of S3 it takes a fifth of a second, which only a function with a registry should wait.
        from frond_classify.serving.channel_watcher import Subscription  # noqa: PLC0415

        return Subscription(self._settings)


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
    """Return the classifier to answer one request with, loaded and verified.

    Raises
    ------
    frond.problems.InvalidModel
        There is no other model than the baked-in one, and it does not match its manifest.
    """
    return session().up_to_date().classifier
