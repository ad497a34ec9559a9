"""Released models: written once, manifest last, and never changed."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest, parse_manifest
from frond.registry.errors import ConflictError, RegistryError, UnknownVersionError, VersionExistsError
from frond.registry.storage import Storage

ProgressCallback = Callable[[str, int], None]
PREFIX = "models/"
# That of the manifest's species; with more letters S3 would refuse the key.
SLUG, MOST_LETTERS = re.compile(r"\w+(-\w+)*"), 200


class Versions:
    """The models of a registry."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def released(self) -> dict[str, datetime]:
        """Return every version that is there, and when it was released."""
        paths = {tuple(key.split("/")): when for key, when in self._storage.keys(PREFIX).items()}
        return {path[1]: when for path, when in paths.items() if path[2:] == (MANIFEST_NAME,)}

    def manifest(self, version: str) -> Manifest:
        """Return a version's manifest.

        Raises
        ------
        UnknownVersionError
            There is no such version.
        frond.problems.InvalidModel
            Its manifest is not one that this version of Frond reads.
        RegistryError
            Its manifest is another version's.
        """
        found = self._storage.get(_key(version, MANIFEST_NAME))
        if found is None:
            raise UnknownVersionError(f"There is no version {version} in s3://{self._storage.bucket}.")
        address = self._storage.address(_key(version, MANIFEST_NAME))
        manifest = parse_manifest(found.content, address)
        if manifest.version != version:
            raise RegistryError(f"{address} is the manifest of {manifest.version}; promote another version.")
        return manifest

    def model(self, version: str, seconds: float = float("inf")) -> bytes:
        """Return the bytes of a version's model; only its manifest can tell whether they are right.

        Parameters
        ----------
        seconds
            After which the download is given up.
        """
        found = self._storage.get(_key(version, MODEL_NAME), seconds=seconds)
        if found is None:
            raise UnknownVersionError(
                f"{self._storage.address(_key(version, MODEL_NAME))} is missing; promote another version."
            )
        return found.content

    def picture(self, version: str, slug: str) -> bytes | None:
        """Return the JPEG that shows a species; None where the version has none, or this is no slug."""
        if len(slug) > MOST_LETTERS or not SLUG.fullmatch(slug):
            return None
        found = self._storage.get(_key(version, f"report/gallery/{slug}.jpg"))
        return found.content if found else None

    def publish(
        self, manifest: Manifest, files: Mapping[str, Path], sent: ProgressCallback | None = None
    ) -> bool:
        """Write a version, or what an interrupted attempt left unwritten of it.

        Parameters
        ----------
        files
            By their names under the version, without the manifest.
        sent
            Told again and again a file's name and how many of its bytes have gone.

        Returns
        -------
        bool
            False where the whole version was there already.

        Raises
        ------
        VersionExistsError
            The version is there with another manifest.
        """
        if self._is_published(manifest):
            return False
        for name, path in files.items():
            self._write(_key(manifest.version, name), path.read_bytes(), _named(sent, name))
        text = manifest.model_dump_json(indent=2) + "\n"
        if self._storage.put(_key(manifest.version, MANIFEST_NAME), text.encode()):
            return True
        # Somebody else released it in the meantime: all is well if it is the same.
        return not self._is_published(manifest)

    def _is_published(self, manifest: Manifest) -> bool:
        try:
            there = self.manifest(manifest.version)
        except UnknownVersionError:
            return False
        if there != manifest:
            raise VersionExistsError(
                f"Version {manifest.version} is in s3://{self._storage.bucket} with another manifest, and a "
                "released version never changes: promote it as it is, or train and export a new one."
            )
        return True

    def _write(self, key: str, content: bytes, sent: Callable[[int], None] | None) -> None:
        if self._storage.put(key, content, sent=sent):
            return
        # An attempt that was interrupted left it: nobody has seen the version yet.
        left = self._storage.get(key)
        if left and left.content == content:
            return
        if left is None or not self._storage.put(key, content, left.etag, sent):
            raise ConflictError(f"Somebody else writes {self._storage.address(key)} now; run this again.")


def _key(version: str, name: str) -> str:
    return f"{PREFIX}{version}/{name}"


def _named(sent: ProgressCallback | None, name: str) -> Callable[[int], None] | None:
    return (lambda count: sent(name, count)) if sent else None
