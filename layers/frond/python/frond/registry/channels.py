"""Channels, such as `stable`, that point at a version, and their history."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frond.registry.errors import BrokenChannelError, ConflictError, NoPreviousVersionError, RegistryError
from frond.registry.storage import Storage
from frond.registry.versions import Versions
from frond.settings import Channel, DetectionChannel

ChannelAction = Literal["release", "promote", "rollback"]
AnyChannel = Channel | DetectionChannel


class ChannelUpdate(BaseModel):
    """An update of a channel: versions, action, time, author and reason."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    version: str = Field(min_length=1, description="The new version")
    origin: str | None = Field(default=None, alias="from", description="The previous version")
    action: ChannelAction = "promote"
    moved_at: datetime | None = None
    moved_by: str | None = None
    reason: str | None = None
    sequence: int = Field(default=0, ge=0, description="Counts the channel's updates")
    earlier: list[str] = Field(default=[], description="Versions to roll back to, the next one last")


@dataclass(frozen=True, slots=True)
class Pointer:
    """A channel's state when it was read.

    Attributes
    ----------
    etag
        ETag of the channel's file; None if it has none.
    update
        Its last update; None if it has no file or an unreadable one.
    fault
        Why the file is unreadable.
    """

    channel: AnyChannel
    etag: str | None = None
    update: ChannelUpdate | None = None
    fault: str | None = None

    @property
    def version(self) -> str | None:
        """The version that the channel points at; None before its first update.

        Raises
        ------
        BrokenChannelError
            The file is unreadable.
        """
        self.check()
        return self.update.version if self.update else None

    def check(self) -> None:
        """Raise a :class:`BrokenChannelError` if the file is unreadable."""
        if self.fault:
            raise BrokenChannelError(self.fault)


class Channels:
    """The channels of a registry."""

    def __init__(self, storage: Storage, versions: Versions) -> None:
        self._storage, self._versions = storage, versions

    def pointer(self, channel: AnyChannel, known: Pointer | None = None) -> Pointer:
        """Read a channel.

        Parameters
        ----------
        known
            An earlier state; if the channel has not changed, it is returned without a transfer.
        """
        key = _channel_key(channel)
        found = self._storage.get(key, known.etag if known else None)
        if found is None:
            return Pointer(channel)
        if known and found.etag == known.etag:
            return known
        try:
            return Pointer(channel, found.etag, ChannelUpdate.model_validate_json(found.content))
        except ValidationError as error:
            fault = (
                f"{self._storage.address(key)} does not say where {channel} points ({_reason(error)}). "
                "Restore an earlier version of this object, or delete it and promote again "
                "(`python -m training promote VERSION --force` does that for stable)."
            )
            return Pointer(channel, found.etag, fault=fault)

    def advance(
        self,
        pointer: Pointer,
        version: str,
        by: str,
        action: ChannelAction = "promote",
        reason: str | None = None,
    ) -> ChannelUpdate:
        """Point a channel at a version; this repairs an unreadable channel, too.

        Raises
        ------
        UnknownVersionError
            The registry has no such version.
        ConflictError
            The channel has changed since ``pointer`` was read.
        RegistryError
            The version is of another task than the channel.
        """
        last = self._last(pointer)
        earlier = [*last.earlier, last.version] if last else []
        return self._update(
            pointer, last, ChannelUpdate(version=version, action=action, reason=reason, earlier=earlier), by
        )

    def roll_back(self, pointer: Pointer, by: str, reason: str | None = None) -> ChannelUpdate:
        """Point a channel at its previous version; repeated calls go back further.

        Raises
        ------
        NoPreviousVersionError
            There is no previous version.
        BrokenChannelError
            The channel's file is unreadable.
        ConflictError
            The channel has changed since ``pointer`` was read.
        """
        pointer.check()
        last = self._last(pointer)
        if last is None or not last.earlier:
            raise NoPreviousVersionError(
                f"{pointer.channel} has no previous version; promote the version you want."
            )
        *earlier, version = last.earlier
        update = ChannelUpdate(version=version, action="rollback", reason=reason, earlier=earlier)
        return self._update(pointer, last, update, by)

    def history(self, channel: AnyChannel) -> list[ChannelUpdate]:
        """Return every update of a channel, the latest first."""
        updates = {
            update.sequence: update for update in map(self._record, self._storage.keys(_history_key(channel)))
        }
        # An update that was interrupted before it was recorded is in effect all the same.
        last = self.pointer(channel).update
        if last:
            updates.setdefault(last.sequence, last)
        return [updates[sequence] for sequence in sorted(updates, reverse=True)]

    def _update(
        self, pointer: Pointer, last: ChannelUpdate | None, draft: ChannelUpdate, by: str
    ) -> ChannelUpdate:
        self._check_task(pointer.channel, draft.version)
        if last:
            self._write_record(pointer.channel, last)
        update = draft.model_copy(
            update={
                "origin": last.version if last else None,
                "sequence": 1 + max(self._recorded(pointer.channel), last.sequence if last else 0),
                "moved_at": datetime.now(UTC),
                "moved_by": by,
            }
        )
        if not self._storage.put(_channel_key(pointer.channel), _json(update), replaces=pointer.etag):
            raise ConflictError(
                f"Somebody else updated {pointer.channel} at the same time, so nothing was changed; run "
                "`list`, then decide again."
            )
        self._write_record(pointer.channel, update)
        return update

    def _check_task(self, channel: AnyChannel, version: str) -> None:
        found, required = self._versions.any_manifest(version).task, channel_task(channel)
        if found != required:
            raise RegistryError(
                f"{version} is a model for {found}; {channel} points at models for {required} only."
            )

    def _last(self, pointer: Pointer) -> ChannelUpdate | None:
        """Return a channel's last update, from the history if its own file is missing or unreadable."""
        number = self._recorded(pointer.channel)
        if pointer.update or not number:
            return pointer.update
        return self._record(_record_key(pointer.channel, number))

    def _recorded(self, channel: AnyChannel) -> int:
        """Return the number of the last update in the history; 0 for none."""
        names = (PurePosixPath(key).stem for key in self._storage.keys(_history_key(channel)))
        return max((int(name) for name in names if name.isdecimal()), default=0)

    def _record(self, key: str) -> ChannelUpdate:
        found = self._storage.get(key)
        try:
            return ChannelUpdate.model_validate_json(found.content if found else b"")
        except ValidationError as error:
            raise RegistryError(
                f"{self._storage.address(key)} is not a valid channel update ({_reason(error)}); "
                "restore an earlier version of this object, or delete it."
            ) from error

    def _write_record(self, channel: AnyChannel, update: ChannelUpdate) -> None:
        # A record that exists is the same: it is a copy of the channel's file.
        self._storage.put(_record_key(channel, update.sequence), _json(update))


def channel_task(channel: AnyChannel) -> Literal["classification", "detection"]:
    """Return the task of the models that a channel points at."""
    return "detection" if channel.startswith("detection-") else "classification"


def _channel_key(channel: AnyChannel) -> str:
    return f"channels/{channel}.json"


def _history_key(channel: AnyChannel) -> str:
    return f"history/{channel}/"


def _record_key(channel: AnyChannel, sequence: int) -> str:
    return f"{_history_key(channel)}{sequence:06}.json"


def _json(update: ChannelUpdate) -> bytes:
    return (update.model_dump_json(by_alias=True, indent=2) + "\n").encode()


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
