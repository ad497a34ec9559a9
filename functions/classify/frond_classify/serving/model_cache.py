"""Released models: fetched when they are asked for, kept by their hash, verified every time."""

import tempfile
from contextlib import suppress
from pathlib import Path

from frond.classifier import Classifier
from frond.manifest import MODEL_NAME
from frond.problems import InvalidModel
from frond.registry import Registry
from frond.telemetry import logger

DOWNLOAD_SECONDS = 15
KEPT = 2


class Releases:
    """The models of a registry, for this machine.

    Parameters
    ----------
    baked_in
        The folder of a model that need not be fetched.
    kept
        The folder for those that were; Lambda's ``/tmp`` outlives a process.
    threads
        Of one inference.
    """

    def __init__(self, registry: Registry, baked_in: Path, kept: Path, threads: int) -> None:
        self._registry, self._threads = registry, threads
        self._baked_in, self._kept = baked_in / MODEL_NAME, kept

    def classifier(self, version: str) -> Classifier:
        """Return a version, loaded and verified.

        Raises
        ------
        frond.registry.UnreachableError
            S3 did not give it; it may another time.
        frond.registry.RegistryError, frond.problems.InvalidModel
            The version is none that can serve.
        """
        manifest = self._registry.versions.manifest(version)
        kept = self._kept / f"{manifest.file.sha256}.tflite"
        for near in (self._baked_in, kept):
            if _size(near) == manifest.file.size:
                with suppress(InvalidModel):  # another file of that size, or a damaged one
                    return Classifier(near, manifest, self._threads)
        model = self._registry.versions.model(version, DOWNLOAD_SECONDS)
        classifier = Classifier(model, manifest, self._threads)
        self._keep(kept, model)
        return classifier

    def _keep(self, path: Path, model: bytes) -> None:
        """Put a model where the next process finds it, whole or not at all."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".draft", delete=False) as draft:
                draft.write(model)
            Path(draft.name).replace(path)
            for old in self._by_age()[KEPT:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("The model cannot be kept and will be fetched again", reason=str(error))

    def _by_age(self) -> list[Path]:
        """Return what is kept, the newest first."""
        files = [(file.stat().st_mtime_ns, file) for file in self._kept.iterdir()]
        return [file for _, file in sorted(files, reverse=True)]


def _size(path: Path) -> int | None:
    """Return a file's size, which alone rules most others out; None where there is no file."""
    try:
        return path.stat().st_size
    except OSError:
        return None
