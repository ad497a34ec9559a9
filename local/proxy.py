"""Translate HTTP requests to Lambda proxy events (REST API, payload format 1.0) and results to responses."""

import base64
import binascii
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from local.cloud import ACCOUNT
from local.rest_api import Match, RestApi

_API_ID = "local"
# Hop-by-hop headers, which API Gateway does not forward.
_HOP_BY_HOP = {"connection", "content-length", "expect", "transfer-encoding"}
_RESULT_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


class MalformedProxyResponseError(Exception):
    """A function's result that a proxy integration does not accept."""


def request_context(request: Request, stage: str, path: str, match: Match | None) -> dict[str, Any]:
    """Return the ``requestContext`` of a proxy event.

    Parameters
    ----------
    request
        HTTP request.
    stage
        Stage of the API.
    path
        Raw path, with the stage if it was sent.
    match
        Matched route, if any.
    """
    now = datetime.now(UTC)
    resource = match.route.resource if match else path
    return {
        "accountId": ACCOUNT,
        "apiId": _API_ID,
        "deploymentId": "local",
        "domainName": request.host,
        "domainPrefix": _API_ID,
        "extendedRequestId": uuid.uuid4().hex,
        "httpMethod": request.method,
        "identity": _identity(request),
        "path": path,
        "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        "requestId": str(uuid.uuid4()),
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": resource.strip("/").replace("/", "-") or "root",
        "resourcePath": resource,
        "stage": stage,
    }


def _identity(request: Request) -> dict[str, str | None]:
    unknown = dict.fromkeys(
        [
            "accessKey",
            "accountId",
            "caller",
            "clientCert",
            "cognitoAuthenticationProvider",
            "cognitoAuthenticationType",
            "cognitoIdentityId",
            "cognitoIdentityPoolId",
            "principalOrgId",
            "user",
            "userArn",
        ]
    )
    known = {
        "apiKey": request.headers.get("x-api-key"),
        # The gateway sets it where a key is required.
        "apiKeyId": None,
        "sourceIp": request.remote_addr,
        "userAgent": request.headers.get("user-agent"),
    }
    return {**unknown, **known}


def proxy_event(
    api: RestApi, match: Match, request: Request, context: dict[str, Any], body: bytes
) -> dict[str, Any]:
    """Return the proxy event of a request.

    A body of a binary media type is base64. Any other body is decoded as UTF-8, which corrupts bytes that
    are not text, as in AWS.
    """
    binary = api.is_binary(request.content_type)
    headers = _headers(request)
    if api.minimum_compression_size is not None:
        headers.pop("Content-Encoding", None)  # the gateway has decompressed the body
    query = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
    text = base64.b64encode(body).decode("ascii") if binary else body.decode("utf-8", "replace")
    return {
        "resource": match.route.resource,
        "path": api.without_stage(context["path"]),
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": match.path_parameters or None,
        "stageVariables": None,
        "requestContext": context,
        "body": text or None,
        "isBase64Encoded": binary and bool(body),
    }


def _headers(request: Request) -> dict[str, list[str]]:
    sent = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP]
    added = [
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"),
        ("X-Forwarded-For", request.remote_addr or ""),
        ("X-Forwarded-Port", request.environ.get("SERVER_PORT", "")),
        ("X-Forwarded-Proto", request.scheme),
    ]
    return _grouped([*sent, *added])


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def http_response(api: RestApi, request: Request, result: bytes) -> Response:
    """Return a function's result as an HTTP response.

    A base64 body is decoded only if the first type of the request's ``Accept`` header is a binary media
    type of the API. Any other client gets the base64 text, as from AWS.

    Raises
    ------
    MalformedProxyResponseError
        If the result is not an object with an integer ``statusCode`` and no unknown members.
    """
    parsed = json.loads(result)
    if not isinstance(parsed, dict) or parsed.keys() - _RESULT_MEMBERS or "statusCode" not in parsed:
        raise MalformedProxyResponseError("the result is not a proxy response")
    try:
        headers = _response_headers(parsed)
        typed = "Content-Type" in headers
        response = Response(
            _body(parsed, binary=api.is_binary(request.headers.get("accept", "").split(",")[0])),
            status=int(parsed["statusCode"]),
            headers=headers,
        )
    except (AttributeError, TypeError, ValueError, binascii.Error) as error:
        raise MalformedProxyResponseError(f"the result is not a proxy response: {error}") from error
    if not typed:  # werkzeug sets text/plain
        del response.headers["Content-Type"]
    return response


def _body(result: dict[str, Any], *, binary: bool) -> bytes:
    body = result.get("body") or ""
    if result.get("isBase64Encoded") and binary:
        return base64.b64decode(body, validate=True)
    return bytes(body.encode())


def _response_headers(result: dict[str, Any]) -> Headers:
    # API Gateway's default, for a function that sets no Content-Type.
    headers = Headers({"Content-Type": "application/json"} if result.get("body") else {})
    for name, value in (result.get("headers") or {}).items():
        headers.set(name, str(value))
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers.setlist(name, [str(value) for value in values])
    return headers
