"""What a registry holds, as tables for the terminal."""

from datetime import datetime

from rich.table import Table

from frond.problems import InvalidModel
from frond.registry import Channel, ChannelUpdate, Registry, RegistryError

CHANNELS: tuple[Channel, ...] = ("stable", "candidate")


def versions(registry: Registry) -> Table:
    """Return the released versions, the newest first, and the channels that point at them."""
    pointers = [registry.channels.pointer(channel) for channel in CHANNELS]
    rows = Table("version", "channels", "macro F1", "MB", "released (UTC)", "forced because")
    released = registry.versions.released()
    for version in sorted(released, key=lambda version: released[version], reverse=True):
        pointing = [p.channel for p in pointers if p.move and p.move.version == version]
        rows.add_row(version, ", ".join(pointing), *_facts(registry, version, released[version]))
    return rows


def moves(registry: Registry) -> Table:
    """Return every move of every channel, the newest of each first."""
    rows = Table("channel", "when (UTC)", "who", "what", "from", "to", "why")
    for channel in CHANNELS:
        for move in registry.channels.history(channel):
            rows.add_row(channel, *_told(move))
    return rows


def _facts(registry: Registry, version: str, released: datetime) -> tuple[str, str, str, str]:
    try:
        manifest = registry.versions.manifest(version)
    except (RegistryError, InvalidModel):
        return "manifest not readable", "", _minute(released), ""
    f1 = manifest.metrics.get("macro_f1")
    return (
        "" if f1 is None else f"{f1:.4f}",
        f"{manifest.file.size / 1e6:.1f}",
        _minute(released),
        manifest.forced or "",
    )


def _told(move: ChannelUpdate) -> tuple[str, str, str, str, str, str]:
    when = _minute(move.moved_at) if move.moved_at else ""
    return when, move.moved_by or "", move.action, move.origin or "", move.version, move.reason or ""


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
