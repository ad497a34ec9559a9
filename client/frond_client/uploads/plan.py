"""What of the photos is still to do."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime

from frond_client.uploads.bucket import Stored
from frond_client.uploads.photo import Photo


@dataclass
class Plan:
    """What is to be done with each photo.

    Attributes
    ----------
    done
        Photos whose results are known.
    uploaded
        Photos that are in the uploads bucket, and when they came there; only their results are missing.
    to_send
        Photos that are not there, or are not the same any more.
    unreadable
        Photos that could not be compared, and why.
    """

    done: list[Photo] = field(default_factory=list)
    uploaded: list[tuple[Photo, datetime]] = field(default_factory=list)
    to_send: list[Photo] = field(default_factory=list)
    unreadable: list[tuple[Photo, OSError]] = field(default_factory=list)


def plan(
    photos: Iterable[Photo],
    stored: Mapping[str, Stored],
    finished: Collection[str],
    finished_at: datetime | None,
    executor: Executor,
    step: Callable[[], None],
) -> Plan:
    """Return what is still to do.

    Parameters
    ----------
    photos
        All of them.
    stored
        What the uploads bucket holds, by key.
    finished
        Keys whose results are known.
    finished_at
        When the last of these results was written down.
    executor
        Where photos are compared: that may mean to read them.
    step
        Called for each photo.
    """
    planned = Plan()

    def is_stored(photo: Photo) -> bool | OSError:
        try:
            return photo.key in stored and photo.is_stored_as(stored[photo.key])
        except OSError as error:
            return error

    photos = list(photos)
    for photo, same in zip(photos, executor.map(is_stored, photos), strict=True):
        step()
        if isinstance(same, OSError):
            planned.unreadable.append((photo, same))
        elif photo.key in finished and (same or _expired(photo, stored, finished_at)):
            planned.done.append(photo)
        elif same:
            planned.uploaded.append((photo, stored[photo.key].modified))
        else:
            planned.to_send.append(photo)
    return planned


def _expired(photo: Photo, stored: Mapping[str, Stored], finished_at: datetime | None) -> bool:
    """Tell whether a finished photo is no longer in the bucket, which keeps them for a while only."""
    return photo.key not in stored and finished_at is not None and photo.modified <= finished_at
