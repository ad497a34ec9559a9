"""From an exported and evaluated model to a version that `candidate` points at."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from frond.detection import DetectionManifest, read_detection_manifest
from frond.manifest import (
    MANIFEST_NAME,
    MODEL_NAME,
    Manifest,
    manifest_task,
    read_manifest,
    read_manifest_file,
)
from frond.problems import InvalidModel
from frond.registry import Registry, RegistryError
from frond.registry.versions import ProgressCallback
from training.artifacts.predictions import PREDICTIONS_NAME
from training.errors import TrainingError
from training.progress import console
from training.releases.detection_gates import check_detection_gates
from training.releases.gate import Gate, number
from training.releases.gates import check_gates, table
from training.releases.paired import MeasuredModel

AnyManifest = Manifest | DetectionManifest


def release(registry: Registry, directory: Path, by: str, force: str | None = None) -> AnyManifest:
    """Check a model, publish it to the registry and point its candidate channel at it.

    That is ``candidate`` of a classifier, ``detection-candidate`` of a detector.

    An interrupted release can be run again. Once its manifest is written, a version is immutable.

    Parameters
    ----------
    directory
        The model's folder, as written by ``export`` and ``evaluate``.
    by
        The user, for the history.
    force
        Why to release it although a gate fails; stored in the manifest.

    Raises
    ------
    training.errors.TrainingError
        A gate fails; nothing was written.
    frond.problems.InvalidModel
        The folder holds no valid model.
    frond.registry.RegistryError
        The registry rejects it or is unreachable.
    """
    is_detector = _is_detector(directory)
    candidate = registry.channels.pointer("detection-candidate" if is_detector else "candidate")
    pointed_at = candidate.version
    checked, gates = (_checked_detector if is_detector else _checked_classifier)(registry, directory)
    Console().print(table(gates))
    manifest = checked.model_copy(update={"forced": _permission(checked, gates, force)})
    files = _files(directory)
    with _upload_bar(files) as upload_progress:
        registry.versions.publish(manifest, files, upload_progress)
    if pointed_at != manifest.version:
        registry.channels.advance(candidate, manifest.version, by, "release", manifest.forced)
    return manifest


def _is_detector(directory: Path) -> bool:
    try:
        return manifest_task(read_manifest_file(directory)) == "detection"
    except ValidationError:  # reading it as a classifier's explains what is wrong
        return False


def _checked_classifier(registry: Registry, directory: Path) -> tuple[AnyManifest, list[Gate]]:
    manifest = read_manifest(directory)
    best = _best(registry, manifest.dataset.test_fingerprint)
    return manifest, check_gates(directory, manifest, _stable(registry), best)


def _checked_detector(registry: Registry, directory: Path) -> tuple[AnyManifest, list[Gate]]:
    manifest = read_detection_manifest(directory)
    comparable = [
        released
        for released in _released_detectors(registry)
        if released.dataset.test_fingerprint == manifest.dataset.test_fingerprint
    ]
    best = max(comparable, key=lambda each: number(each.metrics, "map") or 0.0, default=None)
    return manifest, check_detection_gates(directory, manifest, _stable_detector(registry), best)


def _stable_detector(registry: Registry) -> DetectionManifest | None:
    version = registry.channels.pointer("detection-stable").version
    if version is None:
        return None
    # One of an earlier format cannot be compared, and would stop every release.
    with suppress(InvalidModel):
        return registry.versions.detection_manifest(version)
    return None


def _released_detectors(registry: Registry) -> Iterator[DetectionManifest]:
    for version in registry.versions.released():
        # Also the manifests of classifiers are passed over here.
        with suppress(RegistryError, InvalidModel):
            yield registry.versions.detection_manifest(version)


def _stable(registry: Registry) -> MeasuredModel | None:
    version = registry.channels.pointer("stable").version
    return _measured(registry, registry.versions.manifest(version)) if version else None


def _best(registry: Registry, fingerprint: str | None) -> MeasuredModel | None:
    """Return the release with the highest macro F1 on the same test photos."""
    manifests = [
        manifest for manifest in _readable(registry) if fingerprint == manifest.dataset.test_fingerprint
    ]
    found = max(manifests, key=lambda manifest: number(manifest.metrics, "macro_f1") or 0.0, default=None)
    return _measured(registry, found) if found and fingerprint else None


def _readable(registry: Registry) -> Iterator[Manifest]:
    for version in registry.versions.released():
        # A broken or older manifest is no reason to stop a release.
        with suppress(RegistryError, InvalidModel):
            yield registry.versions.manifest(version)


def _measured(registry: Registry, manifest: Manifest) -> MeasuredModel:
    return MeasuredModel(manifest, registry.versions.report(manifest.version, PREDICTIONS_NAME))


def _permission(manifest: AnyManifest, gates: list[Gate], force: str | None) -> str | None:
    """Return the reason to release in spite of failed gates; None if all passed."""
    failed = [gate.name for gate in gates if not gate.passed]
    if not failed:
        return None
    if not force:
        raise TrainingError(
            f"{manifest.version} was not released, because of: {', '.join(failed)}. Fix that and evaluate "
            'again, or give a reason to release it all the same: --force "why".'
        )
    return force


def _files(directory: Path) -> dict[str, Path]:
    """Return a version's files by name, the model first, without the manifest."""
    documents = [path for path in directory.glob("*.md") if path.is_file()]
    report = [path for path in (directory / "report").rglob("*") if path.is_file()]
    paths = [directory / MODEL_NAME, *sorted(documents), *sorted(report)]
    return {path.relative_to(directory).as_posix(): path for path in paths if path.name != MANIFEST_NAME}


@contextmanager
def _upload_bar(files: dict[str, Path]) -> Iterator[ProgressCallback]:
    """Show the upload's progress; a retried file starts again."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    sent: dict[str, int] = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Uploading", total=sum(path.stat().st_size for path in files.values()))

        def update(name: str, count: int) -> None:
            sent[name] = count
            progress.update(task, completed=sum(sent.values()))

        yield update
