"""Pictures in answers: bytes, for those to whom API Gateway sends them as bytes."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from frond.problems import NotAcceptable
from frond_classify.http.request_body import PHOTO_TYPES
from frond_classify.http.responses import tagged


def picture_answer(
    event: BaseProxyEvent, picture: bytes, content_type: str, headers: dict[str, str | list[str]]
) -> Response[bytes]:
    """Return a picture with its tag.

    Raises
    ------
    frond.problems.NotAcceptable
        API Gateway makes bytes of base64 only for a client that names a binary type first.
    """
    if (event.headers.get("accept") or "").split(",")[0].split(";")[0].strip() not in PHOTO_TYPES:
        raise NotAcceptable
    return tagged(event, picture, content_type, headers)
