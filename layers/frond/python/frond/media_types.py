"""Media types of photos, and the other names that clients give them."""

PHOTO_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/gif",
)
# Unregistered names that phones, old browsers and libraries send.
ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heif",
}


def photo_type(content_type: str) -> str | None:
    """Return the registered media type of a photo's content type; None if it is not a photo's.

    Upper case, parameters and aliases such as ``image/jpg`` make no difference.
    """
    media_type = content_type.split(";", maxsplit=1)[0].strip().lower()
    media_type = ALIASES.get(media_type, media_type)
    return media_type if media_type in PHOTO_TYPES else None
