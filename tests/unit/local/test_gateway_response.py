import json
from typing import Any

from local.gateway_response import DEFAULT_5XX, INVALID_API_KEY, REQUEST_TOO_LARGE, gateway_response
from local.rest_api import RestApi

CONTEXT = {"requestId": "r-1"}


def api(**responses: Any) -> RestApi:
    return RestApi("test", (), frozenset(), responses)


def test_the_templates_text_is_rendered_with_its_variables() -> None:
    definition = {
        "statusCode": "403",
        "responseParameters": {"gatewayresponse.header.Content-Type": "'application/problem+json'"},
        "responseTemplates": {
            "application/json": '{"id": "$context.requestId", "m": $context.error.messageString, '
            '"x": "$context.x"}'
        },
    }
    response = gateway_response(api(INVALID_API_KEY=definition), INVALID_API_KEY, CONTEXT)
    assert response.status_code == 403
    assert response.headers.getlist("Content-Type") == ["application/problem+json"]
    assert json.loads(response.get_data()) == {"id": "r-1", "m": "Forbidden", "x": "$context.x"}


def test_the_default_replaces_a_missing_type_and_preserves_the_status() -> None:
    definition = {"responseTemplates": {"application/json": '{"type": "$context.error.responseType"}'}}
    response = gateway_response(api(DEFAULT_4XX=definition), REQUEST_TOO_LARGE, CONTEXT)
    assert response.status_code == 413
    assert json.loads(response.get_data()) == {"type": "REQUEST_TOO_LARGE"}


def test_without_a_definition_the_message_is_the_one_of_aws() -> None:
    response = gateway_response(api(), DEFAULT_5XX, CONTEXT)
    assert response.status_code == 502
    assert json.loads(response.get_data()) == {"message": "Internal server error"}


def test_a_header_can_hold_the_request_id() -> None:
    definition = {"responseParameters": {"gatewayresponse.header.x-request-id": "context.requestId"}}
    response = gateway_response(api(INVALID_API_KEY=definition), INVALID_API_KEY, CONTEXT)
    assert response.headers["x-request-id"] == "r-1"


def test_a_header_copied_from_the_request_is_omitted() -> None:
    definition = {"responseParameters": {"gatewayresponse.header.X-Echo": "method.request.header.x"}}
    assert "X-Echo" not in gateway_response(api(INVALID_API_KEY=definition), INVALID_API_KEY, CONTEXT).headers
