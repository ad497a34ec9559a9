"""Tags: a caller's own word for the photos of a walk, a field or a batch.

A tag is no place for personal data: it is stored with the record, in results, events and S3 metadata.
"""

import re

# Of ASCII, as S3 metadata is.
TAG_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9 ._:/-]{0,62}[A-Za-z0-9])?$"
TAG_METADATA = "tag"


def parse_tag(metadata: dict[str, str]) -> str | None:
    """Return the tag in an object's S3 metadata (``x-amz-meta-tag``); None without a valid one."""
    tag = metadata.get(TAG_METADATA, "")
    return tag if re.fullmatch(TAG_PATTERN, tag) else None
