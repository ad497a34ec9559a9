"""The client's answers and errors have what the contract says, member by member."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from frond_client import errors, models
from frond_client.errors import ApiError, error_of
from frond_client.problem import Problem
from tests.conftest import ROOT

CONTRACT = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
SHAPES: dict[str, type[BaseModel]] = {
    "ClassificationResponse": models.Classification,
    "ClassificationListResponse": models.Page,
    "FeedbackRequest": models.Feedback,
    "ImageInfo": models.Image,
    "ModelResponse": models.Model,
    "ModelRef": models.ModelName,
    "ImageResult": models.JudgedImage,
    "ImageIssue": models.Issue,
    "SpeciesPrediction": models.Prediction,
    "SourceInfo": models.Source,
    "SpeciesEntry": models.Species,
    "SpeciesListResponse": models.SpeciesList,
    "StageTimings": models.Timings,
    "PresignedPost": models.UploadForm,
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_answer_has_the_members_of_the_contract(name: str) -> None:
    assert SHAPES[name].model_fields.keys() == CONTRACT["components"]["schemas"][name]["properties"].keys()


def problems(value: Any) -> list[dict[str, Any]]:
    """Return the examples of problems that are anywhere in the contract."""
    if isinstance(value, list):
        return [found for each in value for found in problems(each)]
    if not isinstance(value, dict):
        return []
    if str(value.get("type", "")).startswith("urn:frond:problem:"):
        return [value]
    return [found for each in value.values() for found in problems(each)]


def test_every_problem_of_the_contract_has_a_class() -> None:
    found = {problem["type"]: problem for problem in problems(CONTRACT)}
    assert len(found) > 8
    kinds = {kind: type(error_of(Problem.model_validate(problem))) for kind, problem in found.items()}
    assert ApiError not in kinds.values()
    assert kinds["urn:frond:problem:idempotency-key-reused"] is errors.IdempotencyKeyReused
    assert kinds["urn:frond:problem:unknown-classification"] is errors.NotFound
    assert kinds["urn:frond:problem:payload-too-large"] is errors.PhotoTooLarge
