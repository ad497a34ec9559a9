"""Refusal of query parameters that the contract does not have: a misspelt one would have no effect."""

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from frond.problems import InvalidRequest

API = "/v1/"


def refuse_unknown_parameters(app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response:  # type: ignore[type-arg]  # of any body
    """Refuse a request for the API with a query parameter that its route does not have.

    Raises
    ------
    frond.problems.InvalidRequest
        There is such a parameter.
    """
    event = app.current_event
    sent = set(event.query_string_parameters or {})
    # Powertools has no public name for the route of a request.
    route = app.context["_route"]
    # For a path or method that the API lacks, it is a route that matches everything.
    exists = not route.rule.match("")
    if sent and exists and event.path.startswith(API):
        known = sorted(field.alias for field in route.dependant.query_params)
        if unknown := sorted(sent.difference(known)):
            raise InvalidRequest(
                f"Unknown query parameter: {', '.join(unknown)}. "
                + (f"This call takes {', '.join(known)}." if known else "This call takes none.")
            )
    return next_middleware(app)
