"""The classify function's settings, AWS clients, stores and model."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from frond.classifier import Classifier
from frond_classify.serving.model_provider import ModelProvider
from frond_classify.settings import ClassifySettings
from frond_classify.storage.aws_clients import AwsClients

if TYPE_CHECKING:
    from frond.detection import Detector
    from frond.repository import ClassificationRepository
    from frond_classify.key_usage import UsageReader
    from frond_classify.serving.detector_provider import DetectorProvider
    from frond_classify.storage.object_store import ObjectStore


@dataclass
class ClassifyApp:
    """The parts of the function, each created when it is first used.

    The imports inside the properties run after the model has begun to load.
    """

    settings: ClassifySettings

    @cached_property
    def aws(self) -> AwsClients:
        """The clients of AWS."""
        return AwsClients()

    @cached_property
    def repository(self) -> "ClassificationRepository | None":
        """The records of classifications; None if nothing is stored."""
        from frond.repository import ClassificationRepository  # noqa: PLC0415 - see above

        table, days = self.settings.table, self.settings.record_days
        return ClassificationRepository(self.aws.dynamodb, table, days) if table else None

    @cached_property
    def object_store(self) -> "ObjectStore":
        """The uploads, preprocessed photos and results in S3."""
        from frond_classify.storage.object_store import ObjectStore  # noqa: PLC0415 - see above

        return ObjectStore(self.aws, self.settings)

    @cached_property
    def usage_reader(self) -> "UsageReader":
        """The usage of the callers' keys."""
        from frond_classify.key_usage import UsageReader  # noqa: PLC0415 - see above

        return UsageReader(self.aws.apigateway)

    def start_loading(self) -> None:
        """Start to load the model in a thread, unless that is done."""
        _ = self._loading

    @property
    def model_provider(self) -> ModelProvider:
        """The provider of the model, once that is loaded; raises what :class:`ModelProvider` raises."""
        return self._loading.result()

    @property
    def classifier(self) -> Classifier:
        """The model for one request, loaded and verified.

        Raises
        ------
        frond.problems.InvalidModel
            There is only the baked-in model, and it does not match its manifest.
        """
        return self.model_provider.refresh().classifier

    @property
    def detector(self) -> "Detector":
        """The detector for one request; raises what :class:`DetectorProvider` raises."""
        return self._detector_provider.refresh()

    @cached_property
    def _detector_provider(self) -> "DetectorProvider":
        from frond_classify.serving.detector_provider import DetectorProvider  # noqa: PLC0415 - see above

        return DetectorProvider(self.settings, self.aws)

    @cached_property
    def _loading(self) -> Future[ModelProvider]:
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="loading")
        future = pool.submit(lambda: ModelProvider(self.settings, self.aws))
        pool.shutdown(wait=False)  # the thread ends with its work
        return future


_current: ClassifyApp | None = None


def current_app() -> ClassifyApp:
    """Return this process's app; the first call creates it from the environment."""
    global _current  # noqa: PLW0603 - one app a process, which tests replace
    if _current is None:
        _current = ClassifyApp(ClassifySettings.from_environment())
    return _current


def use_app(app: ClassifyApp | None) -> None:
    """Replace this process's app; with None, the next use creates one from the environment."""
    global _current  # noqa: PLW0603 - see above
    _current = app
