"""Deletion of a photo: its record, every version of the upload, the preprocessed photos and the result."""

from typing import TYPE_CHECKING

from frond.repository import ClassificationRepository

if TYPE_CHECKING:
    from frond_classify.app import ClassifyApp
    from frond_classify.storage.object_store import StoredPhoto


def delete_photo(app: "ClassifyApp", repository: ClassificationRepository, identifier: str) -> None:
    """Delete a photo. An interrupted deletion can be repeated.

    The record goes first, so that no queued message creates the objects again. An attempt that is under way
    may still write some; its message, or that of the object, then deletes them. Exactly the listed objects
    are deleted: a photo that is uploaded meanwhile is a new one and stays.

    Raises
    ------
    frond.repository.DeletionOvertakenError
        Nothing was deleted, because other uploads of the key took over the record again and again.
    """
    from frond_classify.storage.event_publisher import settle_result  # noqa: PLC0415 - no photo needs it

    store = app.object_store
    listed: list[StoredPhoto] = []

    def list_versions(key: str | None) -> list[str]:
        listed.append(store.list_stored(identifier, key))
        return listed[-1].versions

    repository.delete(identifier, list_versions)
    store.delete_all(listed[-1])
    settle_result(app, repository, identifier, repository.get(identifier))
