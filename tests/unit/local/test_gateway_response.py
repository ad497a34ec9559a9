import json
from typing import Any

from local.api import Api
from local.gateway_response import BAD_GATEWAY, INVALID_KEY, TOO_LARGE, gateway_response

CONTEXT = {"requestId": "r-1"}


def api(**responses: Any) -> Api:
    return Api("test", (), frozenset(), responses)


def test_the_templates_own_text_with_its_variables() -> None:
    definition = {
        "statusCode": "403",
        "responseParameters": {"gatewayresponse.header.Content-Type": "'application/problem+json'"},
        "responseTemplates": {
            "application/json": '{"id": "$context.requestId", "m": $context.error.messageString, '
            '"x": "$context.x"}'
        },
    }
    response = gateway_response(api(INVALID_API_KEY=definition), INVALID_KEY, CONTEXT)
    assert response.status_code == 403
    assert response.headers.getlist("Content-Type") == ["application/problem+json"]
    assert json.loads(response.get_data()) == {"id": "r-1", "m": "Forbidden", "x": "$context.x"}


def test_the_default_stands_in_and_keeps_the_status() -> None:
    definition = {"responseTemplates": {"application/json": '{"type": "$context.error.responseType"}'}}
    response = gateway_response(api(DEFAULT_4XX=definition), TOO_LARGE, CONTEXT)
    assert response.status_code == 413
    assert json.loads(response.get_data()) == {"type": "REQUEST_TOO_LARGE"}


def test_without_any_definition_it_says_what_aws_says() -> None:
    response = gateway_response(api(), BAD_GATEWAY, CONTEXT)
    assert response.status_code == 502
    assert json.loads(response.get_data()) == {"message": "Internal server error"}


def test_a_header_may_carry_the_request_id() -> None:
    definition = {"responseParameters": {"gatewayresponse.header.x-request-id": "context.requestId"}}
    response = gateway_response(api(INVALID_API_KEY=definition), INVALID_KEY, CONTEXT)
    assert response.headers["x-request-id"] == "r-1"


def test_a_header_copied_from_the_request_is_left_out() -> None:
    definition = {"responseParameters": {"gatewayresponse.header.X-Echo": "method.request.header.x"}}
    assert "X-Echo" not in gateway_response(api(INVALID_API_KEY=definition), INVALID_KEY, CONTEXT).headers
