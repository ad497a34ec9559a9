"""The HTTP door: what API Gateway calls."""

from frond_classify import cold_start

# isort: split
import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.content_types import APPLICATION_JSON, TEXT_HTML
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from frond.problems import MEDIA_TYPE, InvalidModel, InvalidRequest, MethodNotAllowed, Problem, UnknownPath
from frond.telemetry import costs, logger, metrics
from frond.tracing import trace_handler
from frond_classify.http import idempotency
from frond_classify.http.server_timing import Stopwatch
from frond_classify.routes import classifications, feedback, model, page, species, uploads
from frond_classify.serving.model_provider import classifier

# Any page may ask: what protects the API is the key, which no browser sends by itself.
CORS = CORSConfig(
    allow_origin="*",
    allow_headers=[idempotency.HEADER, "If-None-Match", "Accept-Language"],
    expose_headers=["x-request-id", "Server-Timing", "ETag", "Retry-After", idempotency.REPLAYED],
    max_age=7200,
)

app = APIGatewayRestResolver(enable_validation=True, cors=CORS)


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@trace_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    watch = Stopwatch()
    app.append_context(watch=watch)
    answer = app.resolve(event, context)
    # Also where photos were refused: reading them is what costs.
    if watch.ran("decode"):
        costs.count(watch.total)
    answer["multiValueHeaders"] |= {
        "x-request-id": [event["requestContext"]["requestId"]],
        "Server-Timing": [watch.server_timing()],
    }
    return answer


def tell_problem(problem: Problem) -> Response[str]:
    """Answer with a problem document; the only place where one is written."""
    request_id = app.current_event.request_context.request_id
    logger.info("Refused", problem=problem.slug, detail=problem.detail)
    headers: dict[str, str | list[str]] = {}
    if isinstance(problem, MethodNotAllowed):
        headers["Allow"] = problem.extensions["allow"]
    body = json.dumps(problem.document(request_id))
    return Response(problem.status, content_type=MEDIA_TYPE, headers=headers, body=body)


def tell_invalid_request(error: RequestValidationError) -> Response[str]:
    """Say which parameter is wrong, and how."""
    if any(fault["loc"][:1] == ("response",) for fault in error.errors()):
        return tell_internal(error)  # the answer is not as the contract says, and that is our fault
    return tell_problem(InvalidRequest.about(error.errors()))


def tell_unknown_path(_: NotFoundError) -> Response[str]:
    """Tell a wrong method from a path where nothing lives."""
    from frond_classify.openapi.document import allowed_methods  # noqa: PLC0415 - as below

    methods = allowed_methods(app, app.current_event.path)
    if methods:
        return tell_problem(MethodNotAllowed(f"Use {', '.join(methods)}.", allow=", ".join(methods)))
    return tell_problem(UnknownPath())


def show_contract() -> Response[str]:
    """Answer with the OpenAPI document."""
    from frond_classify.openapi.document import contract  # noqa: PLC0415 - it takes long to import, and no photo needs it

    return Response(200, content_type=APPLICATION_JSON, body=contract(app, _base()))


def show_contract_page() -> Response[str]:
    """Answer with the page that shows the OpenAPI document."""
    from frond_classify.openapi.document import contract_page  # noqa: PLC0415 - as above

    return Response(200, content_type=TEXT_HTML, body=contract_page(app, _base()))


def _base() -> str:
    """Return where the API's paths start: API Gateway tells the path with its stage, and without."""
    event = app.current_event
    return event.request_context.path.removesuffix(event.path) or "/"


def tell_internal(error: Exception) -> Response[str]:
    """Log what broke; tell the caller no more than that something did."""
    logger.exception("Unhandled", exc_info=error)
    return tell_problem(Problem())


for resource in (classifications, feedback, uploads, species, model, page):
    app.include_router(resource.router)
app.get("/openapi.json", include_in_schema=False)(show_contract)
app.get("/docs", include_in_schema=False)(show_contract_page)
app.exception_handler(Problem)(tell_problem)
app.exception_handler(RequestValidationError)(tell_invalid_request)
app.exception_handler(Exception)(tell_internal)
app.not_found(tell_unknown_path)

try:
    classifier()
except InvalidModel as error:
    # Better no function than one that answers with an unknown model.
    logger.critical("The function does not start", reason=error.detail)
    raise
cold_start.over()
costs.started()
