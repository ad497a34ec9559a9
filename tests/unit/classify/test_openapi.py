"""The OpenAPI document is complete, valid, and equal to the committed one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from frond import problems
from local.template import read
from tests.conftest import ROOT
from tests.unit.classify.conftest import PHOTOS, Call

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi.json"
# No caller gets these: a function that does not start, and problems in the records of uploads.
INTERNAL = {
    "invalid-model",
    "invalid-photo",
    "vanished-photo",
    "encrypted-photo",
    "broken-promise",
    "unprocessable-photo",
    "attempt-failed",
}
GATEWAY = {"400", "405", "429", "431", "500", "502", "503", "504"}


@pytest.fixture(scope="module")
def contract(call: Call) -> Any:
    return call("GET", "/openapi.json", stage="/dev").json


def operations(contract: Any) -> Iterator[tuple[str, Any]]:
    """Yield every operation, with references to responses resolved."""
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            responses = {status: resolved(contract, each) for status, each in operation["responses"].items()}
            yield f"{method.upper()} {path}", {**operation, "responses": responses}


def resolved(contract: Any, response: Any) -> Any:
    reference = response.get("$ref", "").removeprefix("#/components/responses/")
    return contract["components"]["responses"][reference] if reference else response


def test_the_committed_document_is_the_served_one(contract: Any) -> None:
    assert json.loads(COMMITTED.read_text("utf-8")) == contract, "run `make contract`"


def test_the_document_is_valid_openapi_3_1(contract: Any) -> None:
    assert contract["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(contract).validate()


def test_every_operation_has_a_summary_and_its_responses(contract: Any) -> None:
    for name, operation in operations(contract):
        assert operation["summary"], name
        assert operation["tags"], name
        statuses = set(operation["responses"])
        needs_key = operation.get("security") != [{}]
        assert statuses >= GATEWAY | ({"403"} if needs_key else set()), name
        assert any(status.startswith("2") for status in statuses), name
        for status, response in operation["responses"].items():
            assert {"x-request-id", "Server-Timing"} <= set(response["headers"]), (name, status)
            assert ("Retry-After" in response["headers"]) == (status in {"429", "503"}), (name, status)
            assert ("Allow" in response["headers"]) == (status == "405"), (name, status)
            assert set(response.get("content", {})) <= {
                "application/json",
                "application/problem+json",
                "image/jpeg",
                "text/html",
            }


def test_every_problem_is_documented(contract: Any) -> None:
    documented = {
        example
        for _, operation in operations(contract)
        for response in operation["responses"].values()
        for example in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, type)]
    known = {kind.slug for kind in kinds if issubclass(kind, problems.Problem)}
    assert documented == known - INTERNAL


def examples(contract: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield every example with its schema."""
    for name, operation in operations(contract):
        bodies = [*operation["responses"].values(), operation.get("requestBody", {})]
        for content in (each for body in bodies for each in body.get("content", {}).values()):
            for example in content.get("examples", {}).values():
                yield name, content["schema"], example["value"]
    for name, schema in contract["components"]["schemas"].items():
        for member, described in schema.get("properties", {}).items():
            for example in described.get("examples", []):
                yield f"{name}.{member}", described, example


def test_every_example_matches_its_schema(contract: Any) -> None:
    seen = 0
    for name, schema, example in examples(contract):
        whole = {**schema, "components": contract["components"]}
        errors = list(OAS31Validator(whole).iter_errors(example))
        assert not errors, (name, errors)
        seen += 1
    assert seen > 50


def test_the_example_of_a_classification_is_a_real_one(call: Call, contract: Any) -> None:
    content = contract["paths"]["/v1/classifications"]["post"]["responses"]["200"]["content"]
    example = content["application/json"]["examples"]["example"]["value"]
    photo = (PHOTOS / "zea-mays.jpg").read_bytes()
    answer = call("POST", "/v1/classifications", photo, "image/jpeg", {"top": "2"}).json
    volatile = dict.fromkeys(("id", "owner", "created_at", "timings_ms"))
    assert list(answer) == list(example)
    assert answer | volatile == example | volatile


@pytest.mark.parametrize("path", ["/v1/species", "/v1/model", "/v1/health"])
def test_the_examples_about_the_model_are_real(call: Call, contract: Any, path: str) -> None:
    content = contract["paths"][path]["get"]["responses"]["200"]["content"]
    example = content["application/json"]["examples"]["example"]["value"]
    answer = call("GET", path).json
    assert set(answer) == set(example)
    if path == "/v1/species":
        assert example["species"][0] in answer["species"]
    if path == "/v1/model":
        for name in ("version", "created_at", "input", "species", "scope", "dataset"):
            assert example[name] == answer[name]
        assert example["metrics"].items() <= answer["metrics"].items()
        assert example["agreement"].items() <= answer["agreement"].items()


def test_a_generated_client_has_few_models_and_short_names(contract: Any) -> None:
    schemas = contract["components"]["schemas"]
    assert len(schemas) < 40
    for name, operation in operations(contract):
        assert len(operation["operationId"]) <= 30, name
        for response in operation["responses"].values():
            if problem := response.get("content", {}).get("application/problem+json"):
                assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
        bodies = [*operation["responses"].values(), operation.get("requestBody", {})]
        inline = [
            content["schema"]
            for body in bodies
            for kind, content in body.get("content", {}).items()
            if kind == "application/json" and content["schema"].get("type") == "object"
        ]
        assert not inline, name
    identifiers = [operation["operationId"] for _, operation in operations(contract)]
    assert len(set(identifiers)) == len(identifiers)


def test_the_introduction_has_the_limits_of_the_template(contract: Any) -> None:
    parameters = read(ROOT / "template.yaml").document["Parameters"]
    limits = {
        name: parameters[name]["Default"]
        for name in ("ThrottleRate", "ThrottleBurst", "DailyQuota", "KeylessRate")
    }
    introduction = " ".join(contract["info"]["description"].split())
    assert (
        f"{limits['ThrottleRate']} requests a second for each key, {limits['ThrottleBurst']} at once, and "
        f"{limits['DailyQuota']:,} a day (UTC); without a key {limits['KeylessRate']} a second"
    ) in introduction
