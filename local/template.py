"""A SAM template, translated to CloudFormation the way the deployment service does it."""

import copy
import logging
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

REGION = "us-east-1"

# The translator says at every start which of AWS's own feature switches it does not know.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


class TemplateError(Exception):
    """A template that cannot be run, with the reason."""


@dataclass(frozen=True)
class Code:
    """Where a function's code lies in the working tree.

    Attributes
    ----------
    folder
        The function's own folder: its ``CodeUri``, or the folder of its Dockerfile.
    layers
        Folders of importable packages that it is given besides.
    """

    folder: Path
    layers: tuple[Path, ...]


@dataclass(frozen=True)
class Template:
    """A translated template and what the translation leaves out.

    Attributes
    ----------
    root
        The folder of the template; its paths are relative to it.
    document
        Plain CloudFormation.
    code
        Each function's code, by the function's logical id.
    """

    root: Path
    document: dict[str, Any]
    code: dict[str, Code]

    def of_type(self, resource_type: str) -> list[str]:
        """Return the logical ids of the resources of a type."""
        resources = self.document["Resources"]
        return [name for name, resource in resources.items() if resource["Type"] == resource_type]


def read(path: Path, parameters: dict[str, str] | None = None) -> Template:
    """Read and translate a SAM template.

    Parameters
    ----------
    parameters
        Values for the template's parameters, in place of their defaults.

    Raises
    ------
    TemplateError
        If it is not there, is not YAML, is not a SAM template, or has no such parameter.
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
    return Template(root=root, document=_translated(source, path), code=_code(source["Resources"], root))


def _set(declared: dict[str, Any], parameters: dict[str, str]) -> None:
    for name, value in parameters.items():
        if name not in declared:
            raise TemplateError(f"The template has no parameter {name}; it has {', '.join(declared)}")
        allowed = declared[name].get("AllowedValues", [value])
        if value not in map(str, allowed):
            raise TemplateError(f"{name} can be {', '.join(map(str, allowed))}, not {value}")
        declared[name]["Default"] = value


def _translated(source: dict[str, Any], path: Path) -> dict[str, Any]:
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    try:
        translated = translator.translate(_packaged(source), parameter_values={})
    except InvalidDocumentException as error:
        reasons = "; ".join(cause.message for cause in error.causes)
        raise TemplateError(f"{path} is not a SAM template: {reasons}") from error
    document: dict[str, Any] = undo_mark_unicode_str_in_template(translated)
    return document


def _packaged(source: dict[str, Any]) -> dict[str, Any]:
    """Return the template with the addresses that `sam package` would have put in place of local paths."""
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


def _code(resources: dict[str, Any], root: Path) -> dict[str, Code]:
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
    # `sam build` puts what a Python build makes under python/; other builds bring that folder themselves.
    built_by_pip = str(resource.get("Metadata", {}).get("BuildMethod", "")).startswith("python")
    return folder if built_by_pip else folder / "python"


def _function_code(name: str, resource: dict[str, Any], layers: dict[str, Path], root: Path) -> Code:
    properties = resource["Properties"]
    if properties.get("PackageType") != "Image":
        if not isinstance(properties.get("CodeUri"), str):
            raise TemplateError(f"{name} has no CodeUri in this working tree")
        attached = [layer["Ref"] for layer in properties.get("Layers", []) if "Ref" in layer]
        return Code(
            root / properties["CodeUri"], tuple(layers[layer] for layer in attached if layer in layers)
        )
    metadata = resource.get("Metadata", {})
    if "Dockerfile" not in metadata:
        raise TemplateError(f"{name} is an image and its Metadata names no Dockerfile")
    dockerfile = root / metadata.get("DockerContext", ".") / metadata["Dockerfile"]
    # An image takes no layers: its Dockerfile copies ours in.
    return Code(dockerfile.parent, tuple(layers.values()))
