"""Released models: immutable, with the manifest written last."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from frond.manifest import (
    MANIFEST_NAME,
    MODEL_NAME,
    Manifest,
    gallery_name,
    manifest_task,
    parse_manifest,
)
from frond.problems import InvalidModel
from frond.registry.errors import ConflictError, RegistryError, UnknownVersionError, VersionExistsError
from frond.registry.storage import Storage

if TYPE_CHECKING:
    from frond.detection.detection_manifest import DetectionManifest

AnyManifest = TypeVar("AnyManifest", "Manifest", "DetectionManifest")
ProgressCallback = Callable[[str, int], None]
PREFIX = "models/"
# The slug pattern of the manifest; S3 rejects longer keys.
SLUG, MAX_LENGTH = re.compile(r"\w+(-\w+)*"), 200


class Versions:
    """The released models of a registry."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def released(self) -> dict[str, datetime]:
        """Return every version with its time of release."""
        paths = {tuple(key.split("/")): when for key, when in self._storage.keys(PREFIX).items()}
        return {path[1]: when for path, when in paths.items() if path[2:] == (MANIFEST_NAME,)}

    def manifest(self, version: str) -> Manifest:
        """Return the manifest of a classifier.

        Raises
        ------
        UnknownVersionError
            There is no such version.
        frond.problems.InvalidModel
            It is that of a detector, or not one that this version of Frond reads.
        RegistryError
            Its manifest is another version's.
        """
        content, address = self._read(version)
        return _of_version(parse_manifest(content, address), version, address)

    def detection_manifest(self, version: str) -> "DetectionManifest":
        """Return the manifest of a detector; see :meth:`manifest` for the errors."""
        # Only a function that detects pays for the import.
        from frond.detection.detection_manifest import parse_detection_manifest  # noqa: PLC0415

        content, address = self._read(version)
        return _of_version(parse_detection_manifest(content, address), version, address)

    def any_manifest(self, version: str) -> "Manifest | DetectionManifest":
        """Return the manifest of a model of any task; see :meth:`manifest` for the errors."""
        content, address = self._read(version)
        try:
            task = manifest_task(content)
        except ValidationError as error:
            raise InvalidModel(f"{address} is not a manifest: {error}") from error
        return self.detection_manifest(version) if task == "detection" else self.manifest(version)

    def _read(self, version: str) -> tuple[bytes, str]:
        """Return the bytes of a version's manifest, and their address."""
        found = self._storage.get(_key(version, MANIFEST_NAME))
        if found is None:
            raise UnknownVersionError(f"There is no version {version} in s3://{self._storage.bucket}.")
        return found.content, self._storage.address(_key(version, MANIFEST_NAME))

    def model(self, version: str, seconds: float = float("inf")) -> bytes:
        """Download a version's model; verify it with the manifest.

        Parameters
        ----------
        seconds
            Timeout of the download.
        """
        found = self._storage.get(_key(version, MODEL_NAME), seconds=seconds)
        if found is None:
            raise UnknownVersionError(
                f"{self._storage.address(_key(version, MODEL_NAME))} is missing; promote another version."
            )
        return found.content

    def picture(self, version: str, slug: str, number: int = 1) -> bytes | None:
        """Return a gallery JPEG of a species; None if the version has none or the slug is invalid."""
        if len(slug) > MAX_LENGTH or not SLUG.fullmatch(slug):
            return None
        found = self._storage.get(_key(version, f"report/{gallery_name(slug, number)}"))
        return found.content if found else None

    def report(self, version: str, name: str) -> bytes | None:
        """Return a file of a version's report, such as ``predictions.csv``; None if it has none."""
        found = self._storage.get(_key(version, f"report/{name}"))
        return found.content if found else None

    def publish(
        self,
        manifest: "Manifest | DetectionManifest",
        files: Mapping[str, Path],
        progress: ProgressCallback | None = None,
    ) -> bool:
        """Write a version, or complete an interrupted attempt.

        Parameters
        ----------
        files
            Paths by name in the version, without the manifest.
        progress
            Called repeatedly with a file's name and the number of its bytes sent.

        Returns
        -------
        bool
            False if the complete version existed already.

        Raises
        ------
        VersionExistsError
            The version exists with another manifest.
        """
        if self._is_published(manifest):
            return False
        for name, path in files.items():
            self._write(_key(manifest.version, name), path.read_bytes(), _for_file(progress, name))
        text = manifest.model_dump_json(indent=2) + "\n"
        if self._storage.put(_key(manifest.version, MANIFEST_NAME), text.encode()):
            return True
        # A concurrent release has written it; that is fine if it is the same.
        return not self._is_published(manifest)

    def _is_published(self, manifest: "Manifest | DetectionManifest") -> bool:
        try:
            published = self.any_manifest(manifest.version)
        except UnknownVersionError:
            return False
        if published != manifest:
            raise VersionExistsError(
                f"Version {manifest.version} is in s3://{self._storage.bucket} with another manifest, and a "
                "released version never changes: promote it as it is, or train and export a new one."
            )
        return True

    def _write(self, key: str, content: bytes, progress: Callable[[int], None] | None) -> None:
        if self._storage.put(key, content, progress=progress):
            return
        # An interrupted attempt left it. No channel points at an incomplete version, so it may be replaced.
        left = self._storage.get(key)
        if left and left.content == content:
            return
        if left is None or not self._storage.put(key, content, left.etag, progress):
            raise ConflictError(f"Another process is writing {self._storage.address(key)}; run this again.")


def _of_version(manifest: AnyManifest, version: str, address: str) -> AnyManifest:
    if manifest.version != version:
        raise RegistryError(f"{address} is the manifest of {manifest.version}; promote another version.")
    return manifest


def _key(version: str, name: str) -> str:
    return f"{PREFIX}{version}/{name}"


def _for_file(progress: ProgressCallback | None, name: str) -> Callable[[int], None] | None:
    return (lambda count: progress(name, count)) if progress else None
