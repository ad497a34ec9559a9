"""Names of photo types."""

import pytest

from frond.media_types import ALIASES, PHOTO_TYPES, photo_type


@pytest.mark.parametrize("name", PHOTO_TYPES)
def test_registered_types_are_their_own(name: str) -> None:
    assert photo_type(name) == photo_type(f" {name.upper()} ; charset=binary") == name


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_aliases_are_those_of_a_registered_type(alias: str, name: str) -> None:
    assert photo_type(alias) == photo_type(alias.upper()) == name


@pytest.mark.parametrize(
    "name", ["", "image", "image/*", "image/tiff", "application/octet-stream", ";image/png"]
)
def test_other_types_are_no_photos(name: str) -> None:
    assert photo_type(name) is None
