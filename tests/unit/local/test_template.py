from pathlib import Path

import pytest

from local.template import TemplateError, read

HEAD = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
IMAGE = HEAD + "  F: {Type: AWS::Serverless::Function, Properties: {PackageType: Image}}\n"
NO_CODE = HEAD + "  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.13}}\n"
NO_HANDLER = HEAD + "  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: f, Runtime: python3.13}}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "is not YAML"),
        ("just words", "has no Resources"),
        ("Resources: []", "has no Resources"),
        (IMAGE, "has no Dockerfile"),
        (NO_CODE, "no CodeUri"),
        (NO_HANDLER, "is not a SAM template.*Handler"),
    ],
)
def test_an_invalid_template_is_reported_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(text)
    with pytest.raises(TemplateError, match=reason):
        read(path)


def test_a_missing_template_is_reported(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot be read"):
        read(tmp_path / "template.yaml")


def test_code_of_functions_and_layers_is_found(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        HEAD
        + """
  Built:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.13}
    Properties: {ContentUri: built}
  Plain: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: plain}}
  Zip:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: zip, Handler: a.b, Runtime: python3.13, Layers: [!Ref Built]}
  Image:
    Type: AWS::Serverless::Function
    Metadata: {DockerContext: ., Dockerfile: image/Dockerfile}
    Properties: {PackageType: Image, ImageConfig: {Command: [a.b]}}
"""
    )
    code = read(path).code
    assert code["Zip"].folder == tmp_path / "zip"
    assert code["Zip"].layers == (tmp_path / "built",)
    assert code["Image"].folder == tmp_path / "image"
    assert code["Image"].layers == (tmp_path / "built", tmp_path / "plain" / "python")


PARAMETERS = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Channel: {Type: String, Default: stable, AllowedValues: [stable, candidate]}
  Seconds: {Type: Number, Default: 300}
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Ref Channel}}
"""


def test_parameters_override_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(PARAMETERS)

    declared = read(path, {"Seconds": "5"}).document["Parameters"]

    assert (declared["Seconds"]["Default"], declared["Channel"]["Default"]) == ("5", "stable")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"Minutes": "5"}, "no parameter Minutes"), ({"Channel": "newest"}, "can be stable, candidate")],
    ids=["unknown", "not allowed"],
)
def test_an_unknown_parameter_or_value_is_reported(
    tmp_path: Path, parameters: dict[str, str], message: str
) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(PARAMETERS)

    with pytest.raises(TemplateError, match=message):
        read(path, parameters)
