"""Read a SAM template and translate it to CloudFormation with AWS's own translator."""

import copy
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import undo_mark_unicode_str_in_template
from samtranslator.yaml_helper import yaml_parse

from local.parameters import parameter_error

# A young region, where only regional addresses work, and one that an account has to enable.
REGION = "eu-south-2"

# The translator warns about AWS's internal feature switches at every start.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


class TemplateError(Exception):
    """A template that the local stack cannot run, with the reason."""


@dataclass(frozen=True)
class FunctionCode:
    """Code of a function in the working tree.

    Attributes
    ----------
    folder
        Its ``CodeUri``, or the folder of its Dockerfile.
    layers
        Package folders of its layers.
    python
        Interpreter to run it with.
    image
        Docker image that ``sam build`` made of it; ``None`` in a template that was not built.
    """

    folder: Path
    layers: tuple[Path, ...]
    python: Path = Path(sys.executable)
    image: str | None = None


@dataclass(frozen=True)
class Template:
    """A translated template, and the code that the translation omits.

    Attributes
    ----------
    root
        Folder of the template, to which its paths are relative.
    document
        CloudFormation template.
    code
        Code of each function by logical id.
    region
        AWS region of the stack.
    """

    root: Path
    document: dict[str, Any]
    code: dict[str, FunctionCode]
    region: str = REGION

    def of_type(self, resource_type: str) -> list[str]:
        """Return the logical ids of the resources of a type."""
        resources = self.document["Resources"]
        return [name for name, resource in resources.items() if resource["Type"] == resource_type]

    def function_of(self, logical_id: str) -> str:
        """Return the logical id of a function, from its own or from that of an alias of it."""
        resource = self.document["Resources"].get(logical_id, {})
        if resource.get("Type") != "AWS::Lambda::Alias":
            return logical_id
        function: str = resource["Properties"]["FunctionName"]["Ref"]
        return function


def read(path: Path, parameters: dict[str, str] | None = None, region: str = REGION) -> Template:
    """Read and translate a SAM template.

    Parameters
    ----------
    parameters
        Values that override the defaults of parameters.
    region
        AWS region of the stack.

    Raises
    ------
    TemplateError
        If it cannot be read, is not YAML or SAM, or lacks a given parameter.
    """
    try:
        source = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TemplateError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise TemplateError(f"{path} is not YAML: {error}") from error
    if not isinstance(source, dict) or not isinstance(source.get("Resources"), dict):
        raise TemplateError(f"{path} has no Resources")
    _set(source.get("Parameters", {}), parameters or {})
    root = path.resolve().parent
    return Template(
        root=root,
        document=_translated(source, path, region),
        code=_code(source["Resources"], root),
        region=region,
    )


def _set(declared: dict[str, Any], parameters: dict[str, str]) -> None:
    for name, value in parameters.items():
        if name not in declared:
            raise TemplateError(f"The template has no parameter {name}; it has {', '.join(declared)}")
        if error := parameter_error(name, value, declared[name]):
            raise TemplateError(error)
        declared[name]["Default"] = value


def _translated(source: dict[str, Any], path: Path, region: str) -> dict[str, Any]:
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    try:
        translated = translator.translate(_packaged(source), parameter_values={})
    except InvalidDocumentException as error:
        reasons = "; ".join(cause.message for cause in error.causes)
        raise TemplateError(f"{path} is not a SAM template: {reasons}") from error
    document: dict[str, Any] = undo_mark_unicode_str_in_template(translated)
    return document


def _packaged(source: dict[str, Any]) -> dict[str, Any]:
    """Return the template with S3 URIs instead of local paths, as ``sam package`` writes them."""
    packaged = copy.deepcopy(source)
    for resource in packaged["Resources"].values():
        properties = resource.setdefault("Properties", {})
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = "s3://local/layer"
        elif resource["Type"] == "AWS::Serverless::Function":
            if properties.get("PackageType") == "Image":
                properties["ImageUri"] = "local/image:latest"
            else:
                properties["CodeUri"] = "s3://local/function"
    return packaged


def _code(resources: dict[str, Any], root: Path) -> dict[str, FunctionCode]:
    layers = {
        name: _layer_folder(resource, root)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::LayerVersion"
    }
    return {
        name: _function_code(name, resource, layers, root)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _layer_folder(resource: dict[str, Any], root: Path) -> Path:
    folder: Path = root / resource["Properties"]["ContentUri"]
    # `sam build` adds python/ for a Python build; other layers contain that folder.
    built_by_pip = str(resource.get("Metadata", {}).get("BuildMethod", "")).startswith("python")
    return folder if built_by_pip else folder / "python"


def _function_code(name: str, resource: dict[str, Any], layers: dict[str, Path], root: Path) -> FunctionCode:
    properties = resource["Properties"]
    if properties.get("PackageType") != "Image":
        if not isinstance(properties.get("CodeUri"), str):
            raise TemplateError(f"{name} has no CodeUri in this working tree")
        attached = [layer["Ref"] for layer in properties.get("Layers", []) if "Ref" in layer]
        return FunctionCode(
            root / properties["CodeUri"], tuple(layers[layer] for layer in attached if layer in layers)
        )
    metadata = resource.get("Metadata", {})
    if "Dockerfile" not in metadata:
        raise TemplateError(f"{name} is an image and its Metadata has no Dockerfile")
    dockerfile = root / metadata.get("DockerContext", ".") / metadata["Dockerfile"]
    # An image cannot have layers: its Dockerfile copies them.
    return FunctionCode(dockerfile.parent, tuple(layers.values()), image=properties.get("ImageUri"))
