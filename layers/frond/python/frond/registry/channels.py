"""Channels: names such as `stable` that point at a version, and the record of where they pointed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frond.registry.errors import BrokenChannelError, ConflictError, NoPreviousVersionError, RegistryError
from frond.registry.storage import Storage
from frond.registry.versions import Versions
from frond.settings import Channel

ChannelAction = Literal["release", "promote", "rollback"]


class ChannelUpdate(BaseModel):
    """A channel's turn to a version: who, when, from what to what, and why."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    version: str = Field(min_length=1, description="What the channel points at from now on")
    origin: str | None = Field(default=None, alias="from", description="What it pointed at before")
    action: ChannelAction = "promote"
    moved_at: datetime | None = None
    moved_by: str | None = None
    reason: str | None = None
    sequence: int = Field(default=0, ge=0, description="Counts the moves of the channel")
    earlier: list[str] = Field(default=[], description="What rollbacks go back to, the next last")


@dataclass(frozen=True, slots=True)
class Pointer:
    """A channel as it was found.

    Attributes
    ----------
    etag
        Tells whether the channel has changed since; None where it has no file.
    move
        Its last move; None where it has no file, or one that cannot be read.
    fault
        Why it cannot be read.
    """

    channel: Channel
    etag: str | None = None
    move: ChannelUpdate | None = None
    fault: str | None = None

    @property
    def version(self) -> str | None:
        """The version it points at; None before its first move.

        Raises
        ------
        BrokenChannelError
            The file cannot be read.
        """
        self.check()
        return self.move.version if self.move else None

    def check(self) -> None:
        """Raise a :class:`BrokenChannelError` where the file cannot be read."""
        if self.fault:
            raise BrokenChannelError(self.fault)


class Channels:
    """The channels of a registry."""

    def __init__(self, storage: Storage, versions: Versions) -> None:
        self._storage, self._versions = storage, versions

    def pointer(self, channel: Channel, known: Pointer | None = None) -> Pointer:
        """Return where a channel points.

        Parameters
        ----------
        known
            What was found before; where nothing has changed since, it is returned and nothing transferred.
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
                f"{self._storage.address(key)} does not say where {channel} points ({_reason(error)}). Put "
                "an earlier version of this object back, or delete it and move the channel again "
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
        """Point a channel at a version, wherever it pointed before; a broken channel is mended by it.

        Raises
        ------
        UnknownVersionError
            The registry has no such version.
        ConflictError
            The channel is no longer as ``pointer`` tells.
        """
        last = self._last(pointer)
        earlier = [*last.earlier, last.version] if last else []
        return self._move(
            pointer, last, ChannelUpdate(version=version, action=action, reason=reason, earlier=earlier), by
        )

    def roll_back(self, pointer: Pointer, by: str, reason: str | None = None) -> ChannelUpdate:
        """Point a channel at the version before; the next time, at the one before that.

        Raises
        ------
        NoPreviousVersionError
            There is no version before.
        BrokenChannelError
            The channel's file cannot be read.
        ConflictError
            The channel is no longer as ``pointer`` tells.
        """
        pointer.check()
        last = self._last(pointer)
        if last is None or not last.earlier:
            raise NoPreviousVersionError(
                f"{pointer.channel} has no earlier version to go back to; promote the version you want."
            )
        *earlier, version = last.earlier
        move = ChannelUpdate(version=version, action="rollback", reason=reason, earlier=earlier)
        return self._move(pointer, last, move, by)

    def history(self, channel: Channel) -> list[ChannelUpdate]:
        """Return every move of a channel, the latest first."""
        moves = {move.sequence: move for move in map(self._record, self._storage.keys(_history_key(channel)))}
        # A move that was interrupted before it was recorded has happened all the same.
        last = self.pointer(channel).move
        if last:
            moves.setdefault(last.sequence, last)
        return [moves[sequence] for sequence in sorted(moves, reverse=True)]

    def _move(
        self, pointer: Pointer, last: ChannelUpdate | None, wanted: ChannelUpdate, by: str
    ) -> ChannelUpdate:
        self._versions.manifest(wanted.version)
        if last:
            self._write_record(pointer.channel, last)
        move = wanted.model_copy(
            update={
                "origin": last.version if last else None,
                "sequence": 1 + max(self._recorded(pointer.channel), last.sequence if last else 0),
                "moved_at": datetime.now(UTC),
                "moved_by": by,
            }
        )
        if not self._storage.put(_channel_key(pointer.channel), _json(move), replaces=pointer.etag):
            raise ConflictError(
                f"Somebody else moved {pointer.channel} at the same moment, so it was left as they put it; "
                "look at the list, then decide again."
            )
        self._write_record(pointer.channel, move)
        return move

    def _last(self, pointer: Pointer) -> ChannelUpdate | None:
        """Return a channel's last move; from the history where its own file is gone or broken."""
        number = self._recorded(pointer.channel)
        if pointer.move or not number:
            return pointer.move
        return self._record(_record_key(pointer.channel, number))

    def _recorded(self, channel: Channel) -> int:
        """Return the number of the last move in the history, 0 for none."""
        names = (PurePosixPath(key).stem for key in self._storage.keys(_history_key(channel)))
        return max((int(name) for name in names if name.isdecimal()), default=0)

    def _record(self, key: str) -> ChannelUpdate:
        found = self._storage.get(key)
        try:
            return ChannelUpdate.model_validate_json(found.content if found else b"")
        except ValidationError as error:
            raise RegistryError(
                f"{self._storage.address(key)} is not the record of a move ({_reason(error)}); "
                "put an earlier version of this object back, or delete it."
            ) from error

    def _write_record(self, channel: Channel, move: ChannelUpdate) -> None:
        # There already means written already: a move's record is its file in the channel.
        self._storage.put(_record_key(channel, move.sequence), _json(move))


def _channel_key(channel: Channel) -> str:
    return f"channels/{channel}.json"


def _history_key(channel: Channel) -> str:
    return f"history/{channel}/"


def _record_key(channel: Channel, sequence: int) -> str:
    return f"{_history_key(channel)}{sequence:06}.json"


def _json(move: ChannelUpdate) -> bytes:
    return (move.model_dump_json(by_alias=True, indent=2) + "\n").encode()


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
