"""The plan of an upload: which photos to send, and which results to wait for."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime

from frond_client.uploads.bucket import BucketObject
from frond_client.uploads.source_photo import SourcePhoto


@dataclass
class UploadPlan:
    """The photos by their next step.

    Attributes
    ----------
    done
        Photos with a result.
    uploaded
        Photos without a result that are in the uploads bucket, and the times of their uploads.
    to_send
        Photos that are not in the uploads bucket, or have changed.
    unreadable
        Photos that could not be compared, and why.
    """

    done: list[SourcePhoto] = field(default_factory=list)
    uploaded: list[tuple[SourcePhoto, datetime]] = field(default_factory=list)
    to_send: list[SourcePhoto] = field(default_factory=list)
    unreadable: list[tuple[SourcePhoto, OSError]] = field(default_factory=list)


def plan_upload(
    photos: Iterable[SourcePhoto],
    objects: Mapping[str, BucketObject],
    finished: Collection[str],
    finished_at: datetime | None,
    executor: Executor,
    on_compared: Callable[[], None],
) -> UploadPlan:
    """Compare photos with the uploads bucket and the known results.

    Parameters
    ----------
    photos
        All photos of the source.
    objects
        The objects of the uploads bucket, by key.
    finished
        Keys with a result.
    finished_at
        When the last of these results was written.
    executor
        Runs the comparisons, which may read the photos.
    on_compared
        Called after each photo.
    """
    plan = UploadPlan()

    def is_uploaded(photo: SourcePhoto) -> bool | OSError:
        try:
            return photo.key in objects and photo.matches(objects[photo.key])
        except OSError as error:
            return error

    photos = list(photos)
    for photo, uploaded in zip(photos, executor.map(is_uploaded, photos), strict=True):
        on_compared()
        if isinstance(uploaded, OSError):
            plan.unreadable.append((photo, uploaded))
        elif photo.key in finished and (uploaded or _has_expired(photo, objects, finished_at)):
            plan.done.append(photo)
        elif uploaded:
            plan.uploaded.append((photo, objects[photo.key].modified))
        else:
            plan.to_send.append(photo)
    return plan


def _has_expired(
    photo: SourcePhoto, objects: Mapping[str, BucketObject], finished_at: datetime | None
) -> bool:
    """Return whether a photo left the bucket after its retention period, unchanged since its result."""
    return photo.key not in objects and finished_at is not None and photo.modified <= finished_at
