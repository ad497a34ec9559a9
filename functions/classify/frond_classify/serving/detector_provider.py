"""The provider of the detector, which is loaded when the first request needs it."""

from functools import cached_property

from frond.detection import Detector
from frond.manifest import MANIFEST_NAME
from frond.problems import InvalidModel, UnknownPath
from frond_classify.settings import ClassifySettings

FOLDER = "detection"


class DetectorProvider:
    """The detector beside the baked-in model."""

    def __init__(self, settings: ClassifySettings) -> None:
        self._folder = settings.model_dir / FOLDER
        self._threads = settings.threads

    @cached_property
    def detector(self) -> Detector:
        """The detector.

        Raises
        ------
        frond.problems.UnknownPath
            There is none.
        RuntimeError
            It does not match its manifest: an error of ours, and no problem of the request.
        """
        if not (self._folder / MANIFEST_NAME).exists():
            raise UnknownPath(
                "This service has no detector; POST /v1/classifications takes photos of one plant."
            )
        try:
            return Detector.load(self._folder, self._threads)
        except InvalidModel as error:
            raise RuntimeError(f"The detector cannot be used: {error.detail}") from error
