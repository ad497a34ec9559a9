"""Keys, ids, metadata and sequencers of uploads."""

from datetime import UTC, datetime, timedelta

import pytest

from frond.s3_upload import Upload, identifier_of, owner_of, reserved_key, sequencer

AT = datetime(2026, 11, 21, 6, 30, 0, 123456, tzinfo=UTC)
IDENTIFIER = "0123456789abcdef0123456789abcdef"


def test_every_key_has_its_own_id() -> None:
    keys = ["a.jpg", "A.jpg", "a.jpg ", "folder/a.jpg", "ñ.jpg", "n\u0303.jpg"]
    assert len({identifier_of(key) for key in keys}) == len(keys)


def test_a_reserved_key_has_the_id_that_was_issued() -> None:
    assert identifier_of(reserved_key(IDENTIFIER)) == IDENTIFIER
    assert identifier_of(f"api/{IDENTIFIER}.jpg") != IDENTIFIER
    assert identifier_of(f"other/api/{IDENTIFIER}") != IDENTIFIER


def test_a_reserved_key_of_an_owner_names_it_and_does_not_choose_the_id() -> None:
    key = reserved_key(IDENTIFIER, "k1l2m3n4o5")
    assert owner_of(key) == "k1l2m3n4o5"
    # An id that the key holds could be that of another owner's upload.
    assert identifier_of(key) not in {IDENTIFIER, identifier_of(reserved_key(IDENTIFIER, "another"))}


@pytest.mark.parametrize(
    ("key", "owner"),
    [
        ("owners/k1l2m3n4o5/walk/a.jpg", "k1l2m3n4o5"),
        ("owners/k1l2m3n4o5//a.jpg", "k1l2m3n4o5"),
        ("walk/a.jpg", None),
        (f"api/{IDENTIFIER}", None),
        ("owners/a.jpg", None),
        ("owners//a.jpg", None),
        ("owners/k1l2m3n4o5/", None),
        ("owners/no key/a.jpg", None),
        ("/owners/k1l2m3n4o5/a.jpg", None),
        ("x/owners/k1l2m3n4o5/a.jpg", None),
        ("Owners/k1l2m3n4o5/a.jpg", None),
    ],
)
def test_the_prefix_of_a_key_names_its_owner(key: str, owner: str | None) -> None:
    assert owner_of(key) == owner
    assert Upload("uploads", key, None, sequencer(None, AT), AT).owner == owner


@pytest.mark.parametrize("key", ["a.jpg", "a b+c%20/ñ.jpg", "é" * 500 + "/aaaaaaaaaaaaaaaaaaaaaaa"], ids=len)
@pytest.mark.parametrize("version", ["3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY", None])
def test_metadata_restores_the_upload_within_the_limits_of_s3(key: str, version: str | None) -> None:
    upload = Upload("b" * 63, key, version, sequencer("0055AED6DCD90281E5", AT), AT)
    metadata = upload.to_metadata()

    assert Upload.from_metadata(metadata) == upload
    assert all(text.isascii() for pair in metadata.items() for text in pair)
    # The preprocessed photo's other metadata takes some 350 bytes.
    assert sum(len(name) + len(value) for name, value in metadata.items()) < 2048 - 350


def test_other_metadata_is_rejected() -> None:
    with pytest.raises(ValueError, match="upload-key-base64"):
        Upload.from_metadata({"upload-bucket": "uploads"})


def test_a_shorter_sequencer_is_padded_on_the_right() -> None:
    assert sequencer("0055AED6", AT) < sequencer("0055AED6DC", AT) < sequencer("0055AED7", AT)
    assert sequencer("0055aed6dc", AT) == sequencer("0055AED6DC", AT)


def test_without_a_sequencer_the_time_orders_changes() -> None:
    moments = [sequencer(None, AT + timedelta(microseconds=step)) for step in (0, 1, 999_999)]
    assert moments == sorted(moments)
    assert len(set(moments)) == 3


def test_a_time_is_never_newer_than_a_sequencer_of_s3() -> None:
    of_2015 = sequencer("0055AED6DCD90281E5", AT)
    assert sequencer(None, AT) < of_2015
