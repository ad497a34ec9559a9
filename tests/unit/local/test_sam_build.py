"""Read a build as `sam build` leaves it, with a stand-in for Docker."""

import os
import sys
from pathlib import Path

import pytest

from local.sam_build import read_build
from local.template import TemplateError

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
BUILT = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {{BuildMethod: python3.13}}
    Properties: {{ContentUri: Layer}}
  Zip:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: Zip, Handler: a.b, Runtime: {runtime}, Layers: [!Ref Layer]}}
  Image:
    Type: AWS::Serverless::Function
    Metadata: {{DockerContext: ../.., Dockerfile: functions/image/Dockerfile}}
    Properties: {{PackageType: Image, ImageUri: "image:built", ImageConfig: {{Command: [a.b]}}}}
"""
DOCKER = """#!/bin/sh
echo "$*" >> "$(dirname "$0")/calls"
case $1 in
  image)
    [ "$5" = image:built ] || { echo "No such image: $5" >&2; exit 1; }
    echo sha256:0123456789abcdef ;;
  create) echo container ;;
  cp) mkdir "$3" && echo built > "$3/app.py" ;;
esac
"""


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A template with its build."""
    write(tmp_path)
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "template.yaml"


def write(folder: Path, runtime: str = RUNTIME) -> None:
    built = folder / ".aws-sam" / "build"
    built.mkdir(parents=True, exist_ok=True)
    (built / "template.yaml").write_text(BUILT.format(runtime=runtime))


def test_functions_and_layers_are_those_of_the_build(template: Path) -> None:
    found = read_build(template)
    built = template.parent / ".aws-sam" / "build"
    assert found.root == template.parent
    assert (found.code["Zip"].folder, found.code["Zip"].layers) == (
        built / "Zip",
        (built / "Layer" / "python",),
    )
    assert (found.code["Image"].folder / "app.py").read_text() == "built\n"
    assert found.code["Image"].layers == ()
    # Not that of an environment, whose packages the build may lack.
    assert {code.python for code in found.code.values()} == {Path(sys.executable).resolve()}


def test_an_image_is_unpacked_once_and_leaves_no_container(template: Path) -> None:
    assert read_build(template).code == read_build(template).code
    calls = (template.parent / "bin" / "calls").read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["image", "create", "cp", "rm", "image"]


def test_without_a_build_the_way_to_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"There is no build: .* Run `sam build` first"):
        read_build(tmp_path / "template.yaml")


def test_a_missing_image_is_reported(template: Path) -> None:
    built = template.parent / ".aws-sam" / "build" / "template.yaml"
    built.write_text(built.read_text().replace("image:built", "image:gone"))
    with pytest.raises(TemplateError, match="No such image: image:gone"):
        read_build(template)


def test_a_missing_docker_is_reported(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(template.parent))
    with pytest.raises(TemplateError, match="Docker is not installed"):
        read_build(template)


def test_a_python_that_is_not_here_is_reported(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(template.parent, "python3.9" if RUNTIME != "python3.9" else "python3.10")
    monkeypatch.setenv("PATH", str(template.parent / "bin"))
    with pytest.raises(TemplateError, match=r"compiled packages for python3\.\d+, which is not on the PATH"):
        read_build(template)
