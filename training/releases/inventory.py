"""List a registry's versions and channel history as tables."""

from datetime import datetime

from rich.table import Column, Table

from frond.problems import InvalidModel
from frond.registry import Channel, ChannelUpdate, DetectionChannel, Registry, RegistryError
from training.errors import TrainingError

CHANNELS: tuple[Channel, ...] = ("stable", "candidate")
DETECTION_CHANNELS: tuple[DetectionChannel, ...] = ("detection-stable", "detection-candidate")
ALL_CHANNELS = (*CHANNELS, *DETECTION_CHANNELS)
# Columns with versions, which people copy, and with single words.
WHOLE = {"version", "from", "to", "what"}


def channels_of(task: str) -> tuple[Channel, Channel] | tuple[DetectionChannel, DetectionChannel]:
    """Return the stable and the candidate channel of a task.

    Raises
    ------
    training.errors.TrainingError
        There is no such task.
    """
    if task == "classification":
        return "stable", "candidate"
    if task == "detection":
        return "detection-stable", "detection-candidate"
    raise TrainingError(f"There is no task {task!r}; there are classification and detection.")


def versions(registry: Registry) -> Table:
    """Return the released versions, the newest first, with the channels that point at them."""
    pointers = [registry.channels.pointer(channel) for channel in ALL_CHANNELS]
    rows = _table("version", "channels", "macro F1 or mAP", "MB", "released (UTC)", "forced because")
    released = registry.versions.released()
    for version in sorted(released, key=lambda version: released[version], reverse=True):
        pointing = [p.channel for p in pointers if p.update and p.update.version == version]
        rows.add_row(version, ", ".join(pointing), *_to_columns(registry, version, released[version]))
    return rows


def updates(registry: Registry) -> Table:
    """Return the update history of every channel, the newest first."""
    rows = _table("channel", "when (UTC)", "who", "what", "from", "to", "why")
    for channel in ALL_CHANNELS:
        for update in registry.channels.history(channel):
            rows.add_row(channel, *_to_row(update))
    return rows


def _table(*names: str) -> Table:
    """Return a table that wraps long texts in a narrow terminal, and never cuts a version off."""
    columns = (Column(name, no_wrap=name in WHOLE, overflow="fold") for name in names)
    return Table(*columns)


def _to_columns(registry: Registry, version: str, released: datetime) -> tuple[str, str, str, str]:
    try:
        manifest = registry.versions.any_manifest(version)
    except (RegistryError, InvalidModel):
        return "unreadable manifest", "", _minute(released), ""
    score = manifest.metrics.get("macro_f1", manifest.metrics.get("map"))
    return (
        "" if score is None else f"{score:.4f}",
        f"{manifest.file.size / 1e6:.1f}",
        _minute(released),
        manifest.forced or "",
    )


def _to_row(update: ChannelUpdate) -> tuple[str, str, str, str, str, str]:
    when = _minute(update.moved_at) if update.moved_at else ""
    return (
        when,
        update.moved_by or "",
        update.action,
        update.origin or "",
        update.version,
        update.reason or "",
    )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
