"""From an exported and evaluated model to a version that `candidate` points at."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest, read_manifest
from frond.registry import Registry
from frond.registry.versions import ProgressCallback
from training.errors import TrainingError
from training.progress import console
from training.releases.gates import Gate, judge, table


def release(registry: Registry, directory: Path, by: str, force: str | None = None) -> Manifest:
    """Judge a model, write it to the registry as a version and point ``candidate`` at that.

    Interrupted at any point, it can be run again. What stands at its manifest is there for good.

    Parameters
    ----------
    directory
        Holds what ``export`` and ``evaluate`` wrote.
    by
        Who releases it.
    force
        Why it is released although a gate refuses it; kept in the manifest.

    Raises
    ------
    training.errors.TrainingError
        A gate refuses it; then nothing was written.
    frond.problems.InvalidModel
        The folder holds no model that can serve.
    frond.registry.RegistryError
        The registry cannot take it.
    """
    manifest = read_manifest(directory)
    candidate = registry.channels.pointer("candidate")
    pointed_at = candidate.version
    gates = judge(directory, manifest, _stable(registry))
    Console().print(table(gates))
    manifest = manifest.model_copy(update={"forced": _permission(manifest, gates, force)})
    files = _files(directory)
    with _upload_bar(files) as sent:
        registry.versions.publish(manifest, files, sent)
    if pointed_at != manifest.version:
        registry.channels.advance(candidate, manifest.version, by, "release", manifest.forced)
    return manifest


def _stable(registry: Registry) -> Manifest | None:
    version = registry.channels.pointer("stable").version
    return registry.versions.manifest(version) if version else None


def _permission(manifest: Manifest, gates: list[Gate], force: str | None) -> str | None:
    """Return why the model is released although a gate refuses it; None where none does."""
    refused = [gate.name for gate in gates if not gate.passed]
    if not refused:
        return None
    if not force:
        raise TrainingError(
            f"{manifest.version} was not released, because of: {', '.join(refused)}. Mend that and evaluate "
            'again, or say why it should be released all the same: --force "why".'
        )
    return force


def _files(directory: Path) -> dict[str, Path]:
    """Return what belongs to a version by its name there, the model first; the manifest goes apart."""
    beside = [path for path in directory.glob("*.md") if path.is_file()]
    report = [path for path in (directory / "report").rglob("*") if path.is_file()]
    paths = [directory / MODEL_NAME, *sorted(beside), *sorted(report)]
    return {path.relative_to(directory).as_posix(): path for path in paths if path.name != MANIFEST_NAME}


@contextmanager
def _upload_bar(files: dict[str, Path]) -> Iterator[ProgressCallback]:
    """Show how much has gone; a file that has to be sent again starts again."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    gone: dict[str, int] = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Uploading", total=sum(path.stat().st_size for path in files.values()))

        def sent(name: str, count: int) -> None:
            gone[name] = count
            progress.update(task, completed=sum(gone.values()))

        yield sent
