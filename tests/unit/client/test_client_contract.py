"""The client's models and exceptions match docs/openapi.json, member by member."""

import json
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from frond_client import detection_response, errors, models
from frond_client.errors import ApiError, error_from_problem
from frond_client.models import ProblemDetails
from tests.conftest import ROOT

CONTRACT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
RESPONSES: list[tuple[str, str, str, type[BaseModel]]] = [
    ("post", "/v1/classifications", "200", models.Classification),
    ("get", "/v1/classifications", "200", models.ClassificationPage),
    ("post", "/v1/detections", "200", detection_response.Detections),
    ("post", "/v1/uploads", "201", models.UploadTarget),
    ("get", "/v1/species", "200", models.SpeciesList),
    ("get", "/v1/model", "200", models.ModelInfo),
]


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow references, optional values and arrays to the schema of an object."""
    if "$ref" in schema:
        return resolve(CONTRACT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "items" in schema:
        return resolve(schema["items"])
    if "anyOf" in schema:
        (option,) = (option for option in schema["anyOf"] if option.get("type") != "null")
        return resolve(option)
    return schema


def nested_models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for each in get_args(annotation) for found in nested_models(each)]


def assert_members_match(model: type[BaseModel], schema: dict[str, Any]) -> None:
    properties = resolve(schema)["properties"]
    members = {field.alias or name: field for name, field in model.model_fields.items()}
    assert members.keys() == properties.keys(), model.__name__
    for name, field in members.items():
        for nested in nested_models(field.annotation):
            if nested is not ProblemDetails:
                assert_members_match(nested, properties[name])


@pytest.mark.parametrize(("method", "path", "status", "model"), RESPONSES)
def test_a_model_has_the_members_of_the_contract(
    method: str, path: str, status: str, model: type[BaseModel]
) -> None:
    response = CONTRACT["paths"][path][method]["responses"][status]
    assert_members_match(model, response["content"]["application/json"]["schema"])


def find_problems(value: Any) -> list[dict[str, Any]]:
    """Return all example problems of the contract."""
    if isinstance(value, list):
        return [found for each in value for found in find_problems(each)]
    if not isinstance(value, dict):
        return []
    if str(value.get("type", "")).startswith("urn:frond:problem:"):
        return [value]
    return [found for each in value.values() for found in find_problems(each)]


def test_every_problem_of_the_contract_has_an_exception() -> None:
    problems = {problem["type"]: problem for problem in find_problems(CONTRACT)}
    assert len(problems) > 8
    kinds = {
        kind: type(error_from_problem(ProblemDetails.model_validate(problem)))
        for kind, problem in problems.items()
    }
    assert ApiError not in kinds.values()
    assert kinds["urn:frond:problem:idempotency-key-reused"] is errors.IdempotencyKeyReusedError
    assert kinds["urn:frond:problem:unknown-classification"] is errors.NotFoundError
    assert kinds["urn:frond:problem:payload-too-large"] is errors.PhotoTooLargeError
