"""Models of the registry, cached on disk by hash and verified at every load."""

from contextlib import suppress
from pathlib import Path

from frond.classifier import Classifier
from frond.manifest import MODEL_NAME
from frond.problems import InvalidModel
from frond.registry import Registry
from frond.telemetry import logger
from frond_classify.serving.model_files import ModelFiles

DOWNLOAD_SECONDS = 15


class ModelCache:
    """The models of a registry, cached on this machine.

    Parameters
    ----------
    baked_in
        The folder of the baked-in model, which needs no download.
    folder
        The folder of downloaded models; Lambda's ``/tmp`` outlives a process.
    threads
        Of one inference.
    """

    def __init__(self, registry: Registry, baked_in: Path, folder: Path, threads: int) -> None:
        self._registry, self._threads = registry, threads
        self._files = ModelFiles(baked_in / MODEL_NAME, folder)

    def load(self, version: str) -> Classifier:
        """Load and verify a version.

        Raises
        ------
        frond.registry.UnreachableError
            S3 failed; a later attempt may succeed.
        frond.registry.RegistryError, frond.problems.InvalidModel
            The version cannot serve.
        """
        manifest = self._registry.versions.manifest(version)
        for path in self._files.of_size(manifest.file):
            with suppress(InvalidModel):  # another file of that size, or a damaged one
                return Classifier(path, manifest, self._threads)
        model = self._registry.versions.model(version, DOWNLOAD_SECONDS)
        classifier = Classifier(model, manifest, self._threads)
        try:
            self._files.save(manifest.file, model)
        except OSError as error:
            logger.warning("Model could not be cached and will be downloaded again", reason=str(error))
        return classifier
