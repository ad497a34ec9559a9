"""Generate photos for schemathesis: whole files, truncated files and random bytes."""

from pathlib import Path

import schemathesis
from hypothesis import strategies as st

from frond.media_types import PHOTO_TYPES

PHOTOS = [path.read_bytes() for path in sorted((Path(__file__).parents[3] / "events/photos").glob("*.jpg"))]

whole = st.sampled_from(PHOTOS)
truncated = st.builds(lambda photo, share: photo[: int(len(photo) * share)], whole, st.floats(0, 1))

for media_type in PHOTO_TYPES:
    schemathesis.openapi.media_type(media_type, whole | truncated | st.binary(max_size=200))
