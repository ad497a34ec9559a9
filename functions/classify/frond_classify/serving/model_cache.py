"""Models of the registry, cached on disk by hash and verified at every load."""

import tempfile
from contextlib import suppress
from pathlib import Path

from frond.classifier import Classifier
from frond.manifest import MODEL_NAME
from frond.problems import InvalidModel
from frond.registry import Registry
from frond.telemetry import logger

DOWNLOAD_SECONDS = 15
MAX_FILES = 2


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
        self._baked_in, self._folder = baked_in / MODEL_NAME, folder

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
        cached = self._folder / f"{manifest.file.sha256}.tflite"
        for path in (self._baked_in, cached):
            if _size(path) == manifest.file.size:
                with suppress(InvalidModel):  # another file of that size, or a damaged one
                    return Classifier(path, manifest, self._threads)
        model = self._registry.versions.model(version, DOWNLOAD_SECONDS)
        classifier = Classifier(model, manifest, self._threads)
        self._save(cached, model)
        return classifier

    def _save(self, path: Path, model: bytes) -> None:
        """Write a model atomically and delete the oldest ones."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".draft", delete=False) as draft:
                draft.write(model)
            Path(draft.name).replace(path)
            for old in self._newest_first()[MAX_FILES:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("Model could not be cached and will be downloaded again", reason=str(error))

    def _newest_first(self) -> list[Path]:
        files = [(file.stat().st_mtime_ns, file) for file in self._folder.iterdir()]
        return [file for _, file in sorted(files, reverse=True)]


def _size(path: Path) -> int | None:
    """Return a file's size, which rules out most others without a hash; None if there is no file."""
    try:
        return path.stat().st_size
    except OSError:
        return None
