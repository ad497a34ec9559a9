"""HTTP to a Lambda proxy event (REST API, payload format 1.0), and a function's result to HTTP."""

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

from local.api import Api, Match
from local.cloud import ACCOUNT

_API_ID = "local"
# About the connection, not the request: the gateway keeps them to itself.
_DROPPED = {"connection", "content-length", "expect", "transfer-encoding"}
_RESULT_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}


class MalformedResultError(Exception):
    """A function's result that is not what a proxy integration takes."""


def request_context(request: Request, stage: str, path: str, match: Match | None) -> dict[str, Any]:
    """Return what API Gateway knows of a request besides what the client sent.

    Parameters
    ----------
    request
        The request.
    stage
        The API's stage.
    path
        The raw path.
    match
        The route, if there is one.
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
        "apiKeyId": "local" if "x-api-key" in request.headers else None,
        "sourceIp": request.remote_addr,
        "userAgent": request.headers.get("user-agent"),
    }
    return {**unknown, **known}


def proxy_event(
    api: Api, match: Match, request: Request, context: dict[str, Any], body: bytes
) -> dict[str, Any]:
    """Return the event that a function gets for a request.

    A body whose content type is one of the API's binary ones comes as base64; any other is read as
    UTF-8, which spoils bytes that are not text, as it does in AWS.
    """
    binary = api.is_binary(request.content_type)
    headers = _headers(request)
    query = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
    text = base64.b64encode(body).decode("ascii") if binary else body.decode("utf-8", "replace")
    return {
        "resource": match.route.resource,
        "path": context["path"],
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
    sent = [(name, value) for name, value in request.headers.items() if name.lower() not in _DROPPED]
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


def http_response(api: Api, request: Request, result: bytes) -> Response:
    """Return a function's result as HTTP.

    A base64 body becomes bytes only if the first type of the request's ``Accept`` header is one of the
    API's binary types; any other client gets the base64 text, as it does from AWS.

    Raises
    ------
    MalformedResultError
        If the result is not an object with an integer ``statusCode`` and the members that AWS takes.
    """
    answer = json.loads(result)
    if not isinstance(answer, dict) or answer.keys() - _RESULT_MEMBERS or "statusCode" not in answer:
        raise MalformedResultError("the result is not a proxy response")
    try:
        headers = _response_headers(answer)
        typed = "Content-Type" in headers
        response = Response(
            _body(answer, binary=api.is_binary(request.headers.get("accept", "").split(",")[0])),
            status=int(answer["statusCode"]),
            headers=headers,
        )
    except (AttributeError, TypeError, ValueError, binascii.Error) as error:
        raise MalformedResultError(f"the result is not a proxy response: {error}") from error
    if not typed:  # where there is nothing, werkzeug would call it text
        del response.headers["Content-Type"]
    return response


def _body(answer: dict[str, Any], *, binary: bool) -> bytes:
    body = answer.get("body") or ""
    if answer.get("isBase64Encoded") and binary:
        return base64.b64decode(body, validate=True)
    return bytes(body.encode())


def _response_headers(answer: dict[str, Any]) -> Headers:
    # API Gateway's own, for a body whose type the function does not tell.
    headers = Headers({"Content-Type": "application/json"} if answer.get("body") else {})
    for name, value in (answer.get("headers") or {}).items():
        headers.set(name, str(value))
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers.setlist(name, [str(value) for value in values])
    return headers
