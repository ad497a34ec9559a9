from pathlib import Path
from typing import Any

import pytest

from local.cloud import DeployedStack
from local.function import Function, functions
from local.template import FunctionCode, Template, TemplateError


def function_of(root: Path, properties: dict[str, Any], folder: str = "echo") -> Function:
    document = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    template = Template(root, document, {"F": FunctionCode(root / folder, (root / "layer",))})
    stack = DeployedStack({"F": properties}, {})
    return functions(template, stack, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})["F"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "echo").mkdir()
    return tmp_path


def test_a_zip_function(root: Path) -> None:
    variables = {"Variables": {"A": "b"}}
    function = function_of(root, {"Handler": "app.handler", "Timeout": "7", "Environment": variables})
    assert function.name == "frond-local-F"
    assert function.handler == "app.handler"
    assert function.timeout == 7
    assert function.requirements == root / "requirements" / "echo.txt"
    assert function.environment["A"] == "b"
    assert function.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert function.environment["PYTHONPATH"] == f"{root / 'echo'}:{root / 'layer'}"
    assert function.environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"


def test_an_image_function_and_its_name(root: Path) -> None:
    function = function_of(root, {"ImageConfig": {"Command": ["api.handler"]}, "FunctionName": "named"})
    assert (function.name, function.handler, function.timeout) == ("named", "api.handler", 3)
    assert function.arn.endswith(":function:named")


@pytest.mark.parametrize(
    "properties", [{}, {"Handler": "handler"}, {"ImageConfig": {"Command": []}}, {"Handler": {"Ref": "X"}}]
)
def test_a_missing_handler_is_reported(root: Path, properties: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match="has no handler"):
        function_of(root, properties)


def test_missing_code_is_reported(root: Path) -> None:
    with pytest.raises(TemplateError, match="The code of F is missing"):
        function_of(root, {"Handler": "app.handler"}, folder="elsewhere")
