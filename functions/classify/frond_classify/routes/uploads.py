"""`/v1/uploads`: request a form to upload a large photo to S3."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from aws_lambda_powertools.event_handler.api_gateway import Router

from frond.media_types import PHOTO_TYPES
from frond.problems import InvalidRequest, PayloadTooLarge, UnknownPath, UnsupportedMediaType
from frond.records import ExpectedUpload
from frond.s3_upload import identifier_of, reserved_key
from frond.tags import TAG_METADATA
from frond_classify.app import ClassifyApp, current_app
from frond_classify.caller import CallerRecords
from frond_classify.http.request_body import parse_json
from frond_classify.openapi.operations import json_body, responses
from frond_classify.schemas.uploads import PresignedPost, UploadRequest

FORM_LIFETIME = timedelta(minutes=15)

router = Router()


@router.post(
    "/v1/uploads",
    summary="Request an upload form",
    description="Returns a form that accepts a photo of this content type and size into the uploads bucket, "
    "where it is classified. `GET /v1/classifications/{id}` returns its status.",
    tags=["uploads"],
    responses=responses(
        PresignedPost,
        InvalidRequest,
        UnknownPath,
        PayloadTooLarge,
        UnsupportedMediaType,
        status=201,
        linked=True,
    ),
    openapi_extensions={"requestBody": json_body(UploadRequest)},
)
def create_upload() -> tuple[PresignedPost, int]:
    """Store a queued record and return a presigned form for its photo."""
    requested = parse_json(router.current_event, UploadRequest)
    app = current_app()
    records = CallerRecords.from_event(app, router.current_event)
    if records is None or not app.settings.uploads_bucket:
        raise UnknownPath("Uploads are not available here; send the photo to POST /v1/classifications.")
    if requested.content_type not in PHOTO_TYPES:
        raise UnsupportedMediaType(f"Send one of {', '.join(PHOTO_TYPES)}.")
    limit = app.settings.max_upload_bytes
    if requested.size > limit:
        raise PayloadTooLarge(f"Photos of up to {limit} bytes are accepted.", limit_bytes=limit)
    key = reserved_key(uuid4().hex, records.caller.owner)
    identifier = identifier_of(key)
    expected = ExpectedUpload(requested.content_type, requested.size)
    records.expect_upload(identifier, key, expected, requested.tag)
    return _presign(app, identifier, key, requested), 201


def _presign(app: ClassifyApp, identifier: str, key: str, requested: UploadRequest) -> PresignedPost:
    """Sign a form: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html"""
    expires_at = datetime.now(UTC) + FORM_LIFETIME
    # The S3 path reads the tag of every upload from its metadata.
    fixed = {"Content-Type": requested.content_type}
    fixed |= {f"x-amz-meta-{TAG_METADATA}": requested.tag} if requested.tag else {}
    form = app.aws.s3.generate_presigned_post(
        Bucket=app.settings.uploads_bucket,
        Key=key,
        Fields=fixed,
        Conditions=[
            *({name: value} for name, value in fixed.items()),
            ["content-length-range", requested.size, requested.size],
        ],
        ExpiresIn=int(FORM_LIFETIME.total_seconds()),
    )
    return PresignedPost(id=identifier, url=form["url"], fields=form["fields"], expires_at=expires_at)
