"""Request and response schemas for `/v1/uploads`."""

from datetime import datetime
from typing import Any

from pydantic import Field, field_validator

from frond.media_types import PHOTO_TYPES, photo_type
from frond.tags import TAG_PATTERN
from frond_classify.schemas.lazy_model import LazyModel


class UploadRequest(LazyModel):
    """A request for an upload form."""

    content_type: str = Field(examples=["image/jpeg"], json_schema_extra={"enum": list(PHOTO_TYPES)})
    size: int = Field(gt=0, description="Bytes", examples=[3_145_728])
    tag: str | None = Field(
        default=None,
        pattern=TAG_PATTERN,
        description="Your word for it; no personal data",
        examples=["walk-7"],
    )

    @field_validator("content_type")
    @classmethod
    def _registered(cls, content_type: str) -> str:
        # The form of S3 compares letter by letter. An unknown type has a problem of its own.
        return photo_type(content_type) or content_type

    @field_validator("size", mode="before")
    @classmethod
    def _integer(cls, size: Any) -> Any:
        # To JSON Schema, 3.0 is an integer.
        return int(size) if isinstance(size, float) and size.is_integer() else size


class PresignedPost(LazyModel):
    """An upload form, which accepts only the requested content type and size."""

    id: str = Field(description="The id of the classification to come")
    url: str = Field(
        description="POST a multipart form to this URL: the fields, then the file as the part `file`"
    )
    fields: dict[str, str]
    expires_at: datetime
