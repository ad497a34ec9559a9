"""`/v1/uploads`: where to send a photo that is too large for a request."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from aws_lambda_powertools.event_handler.api_gateway import Router

from frond.problems import InvalidRequest, PayloadTooLarge, UnknownPath, UnsupportedMediaType
from frond.records import ExpectedUpload
from frond.uploads import reserved_key
from frond_classify.http.request_body import PHOTO_TYPES, submitted_document
from frond_classify.openapi.responses import json_body, responses
from frond_classify.schemas.classification import Announcement, UploadForm
from frond_classify.settings import configuration
from frond_classify.storage.aws_clients import s3
from frond_classify.storage.repository import records

FORM_LIVES = timedelta(minutes=15)

router = Router()


@router.post(
    "/v1/uploads",
    summary="Announce a large photo",
    description="Answers with a form that takes a photo of that type and size into the uploads bucket, where "
    "it is classified. `GET /v1/classifications/{id}` tells how far it is.",
    tags=["uploads"],
    responses=responses(
        UploadForm,
        InvalidRequest,
        UnknownPath,
        PayloadTooLarge,
        UnsupportedMediaType,
        status=201,
        leads_on=True,
    ),
    openapi_extensions={"requestBody": json_body(Announcement)},
)
def announce() -> tuple[UploadForm, int]:
    """Promise to take a photo, and say where to send it."""
    announced = submitted_document(router.current_event, Announcement)
    settings = configuration()
    table = records()
    if table is None or not settings.uploads_bucket:
        raise UnknownPath("There is no S3 door here; send the photo to POST /v1/classifications.")
    if announced.content_type not in PHOTO_TYPES:
        raise UnsupportedMediaType(f"Send one of {', '.join(PHOTO_TYPES)}.")
    if announced.size > settings.max_upload_bytes:
        limit = settings.max_upload_bytes
        raise PayloadTooLarge(f"Photos of up to {limit} bytes are taken.", limit_bytes=limit)
    identifier = uuid4().hex
    key = reserved_key(identifier)
    table.expect_upload(identifier, key, ExpectedUpload(announced.content_type, announced.size))
    expires_at = datetime.now(UTC) + FORM_LIVES
    return _form(settings.uploads_bucket, identifier, key, announced, expires_at), 201


def _form(
    bucket: str, identifier: str, key: str, announced: Announcement, expires_at: datetime
) -> UploadForm:
    """Sign a form: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html"""
    signed = s3().generate_presigned_post(
        Bucket=bucket,
        Key=key,
        Fields={"Content-Type": announced.content_type},
        Conditions=[
            {"Content-Type": announced.content_type},
            ["content-length-range", announced.size, announced.size],
        ],
        ExpiresIn=int(FORM_LIVES.total_seconds()),
    )
    return UploadForm(id=identifier, url=signed["url"], fields=signed["fields"], expires_at=expires_at)
