"""The HTTP API: its handler, its routes and its error responses."""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.content_types import APPLICATION_JSON, TEXT_HTML
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.problems import MEDIA_TYPE, InvalidRequest, MethodNotAllowed, Problem, UnknownPath
from frond.telemetry import DETAILED, costs, logger, metrics
from frond.tracing import trace_handler
from frond_classify.http import idempotency
from frond_classify.http.query import refuse_unknown_parameters
from frond_classify.http.request_path import normalize_path
from frond_classify.http.responses import IMMUTABLE, REVALIDATE, response_with_etag
from frond_classify.http.server_timing import ServerTiming
from frond_classify.routes import classifications, feedback, model, page, species, uploads, usage

# Every origin is allowed: the key protects the API, and no browser sends it by itself.
CORS = CORSConfig(
    allow_origin="*",
    allow_headers=[idempotency.HEADER, "If-None-Match", "Accept-Language"],
    expose_headers=["x-request-id", "Server-Timing", "ETag", "Retry-After", idempotency.REPLAYED],
    max_age=7200,
)

DETECTIONS = "detections"

resolver = APIGatewayRestResolver(enable_validation=True, cors=CORS)
resolver.use(middlewares=[refuse_unknown_parameters])


@cache
def whole_api() -> APIGatewayRestResolver:
    """Return the resolver with all routes: also with those whose imports no classification needs."""
    from frond_classify.routes import detections  # noqa: PLC0415 - see above

    resolver.include_router(detections.router)
    return resolver


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@trace_handler
@metrics.log_metrics(capture_cold_start_metric=DETAILED)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Respond to one request."""
    timing = ServerTiming()
    resolver.append_context(timing=timing)
    if DETECTIONS in event["path"]:
        whole_api()
    is_head = event["httpMethod"] == "HEAD"
    response = resolver.resolve(normalize_path({**event, "httpMethod": "GET"} if is_head else event), context)
    if is_head:
        response |= {"body": "", "isBase64Encoded": False}
    # Also for rejected photos: decoding them is what costs.
    if timing.has("decode"):
        costs.count(timing.total)
    response["multiValueHeaders"] |= {
        "x-request-id": [event["requestContext"]["requestId"]],
        "Server-Timing": [timing.header()],
    }
    return response


def problem_response(problem: Problem) -> Response[str]:
    """Return a problem document; every error response is written here."""
    request_id = resolver.current_event.request_context.request_id
    logger.info("Request rejected", problem=problem.slug, detail=problem.detail)
    headers: dict[str, str | list[str]] = {}
    if isinstance(problem, MethodNotAllowed):
        headers["Allow"] = problem.extensions["allow"]
    body = json.dumps(problem.document(request_id))
    return Response(problem.status, content_type=MEDIA_TYPE, headers=headers, body=body)


def handle_validation_error(error: RequestValidationError) -> Response[str]:
    """Return which parameter is invalid, and why."""
    if any(fault["loc"][:1] == ("response",) for fault in error.errors()):
        return handle_unexpected_error(error)  # the response does not match its schema: an error of ours
    return problem_response(InvalidRequest.about(error.errors()))


def handle_not_found(_: NotFoundError) -> Response[str]:
    """Return 405 for a path with other methods, else 404."""
    from frond_classify.openapi.document import allowed_methods  # noqa: PLC0415 - as below

    event = resolver.current_event
    methods = allowed_methods(whole_api(), event.path)
    if methods and event.http_method not in methods:
        return problem_response(MethodNotAllowed(f"Use {', '.join(methods)}.", allow=", ".join(methods)))
    return problem_response(UnknownPath())


def handle_unexpected_error(error: Exception) -> Response[str]:
    """Log an unexpected error, and return a problem without its details."""
    logger.exception("Unexpected error", exc_info=error)
    return problem_response(Problem())


def get_openapi() -> Response[str]:
    """Return the OpenAPI document."""
    from frond_classify.openapi.document import openapi_json  # noqa: PLC0415 - a slow import that no photo needs

    body = openapi_json(whole_api(), _base_path())
    return response_with_etag(resolver.current_event, body, APPLICATION_JSON, REVALIDATE)


def get_docs() -> Response[str]:
    """Return the page that renders the OpenAPI document."""
    from frond_classify.openapi.docs_page import docs_page  # noqa: PLC0415 - as above

    return response_with_etag(resolver.current_event, docs_page(_base_path()), TEXT_HTML, REVALIDATE)


def get_docs_file(name: str) -> Response[str]:
    """Return a file of the page that renders the OpenAPI document, which a browser loads once.

    Raises
    ------
    frond.problems.UnknownPath
        There is no such file.
    """
    from frond_classify.openapi.docs_page import docs_files  # noqa: PLC0415 - as above

    file = docs_files().get(name)
    if file is None:
        raise UnknownPath
    return response_with_etag(resolver.current_event, file.content, file.content_type, IMMUTABLE)


def _base_path() -> str:
    """Return the prefix of all paths: the stage or the base path, which one of the event's paths has."""
    event = resolver.current_event
    return event.request_context.path.removesuffix(event.path).rstrip("/") or "/"


for resource in (classifications, feedback, uploads, usage, species, model, page):
    resolver.include_router(resource.router)
resolver.get("/openapi.json", include_in_schema=False)(get_openapi)
resolver.get("/docs", include_in_schema=False)(get_docs)
resolver.get("/docs/<name>", include_in_schema=False, enable_validation=False)(get_docs_file)
resolver.exception_handler(Problem)(problem_response)
resolver.exception_handler(RequestValidationError)(handle_validation_error)
resolver.exception_handler(Exception)(handle_unexpected_error)
resolver.not_found(handle_not_found)
