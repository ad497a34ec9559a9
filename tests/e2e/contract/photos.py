"""What schemathesis sends as a photo: real ones, real ones that are cut off, and anything else."""

from pathlib import Path

import schemathesis
from hypothesis import strategies as st

from frond_classify.http.request_body import PHOTO_TYPES

PHOTOS = [path.read_bytes() for path in sorted((Path(__file__).parents[3] / "events/photos").glob("*.jpg"))]

whole = st.sampled_from(PHOTOS)
cut = st.builds(lambda photo, share: photo[: int(len(photo) * share)], whole, st.floats(0, 1))

for media_type in PHOTO_TYPES:
    schemathesis.openapi.media_type(media_type, whole | cut | st.binary(max_size=200))
