"""Write the template that begins a stack with the data of a deleted one."""

from pathlib import Path
from typing import Any

from local.intrinsics import calls
from local.template import read
from tools.deployment.retained_data import BUCKET, TABLE

# What identifies a resource in an import: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html
IDENTIFIERS = {BUCKET: "BucketName", TABLE: "TableName"}


class StackImportError(Exception):
    """Names that are not those of the stack's data, with the reason."""


def import_documents(template: Path, names: dict[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a template with nothing but the data, and the resources to import.

    The buckets are imported as they are, and the table with what depends on no parameter. The next
    deployment adds their settings and everything else.

    Parameters
    ----------
    template
        The stack's template.
    names
        Names of the retained buckets and table by logical id.

    Raises
    ------
    StackImportError
        If a name is missing or belongs to none of them.
    """
    data = {
        logical: resource
        for logical, resource in read(template).document["Resources"].items()
        if resource["Type"] in IDENTIFIERS
    }
    if names.keys() != data.keys():
        raise StackImportError(f"Give a name to each of {', '.join(sorted(data))}, and to nothing else")
    resources = {
        logical: {
            "Type": resource["Type"],
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": _fixed(resource["Properties"]) if resource["Type"] == TABLE else {},
        }
        for logical, resource in data.items()
    }
    imported = [
        {
            "ResourceType": resource["Type"],
            "LogicalResourceId": logical,
            "ResourceIdentifier": {IDENTIFIERS[resource["Type"]]: names[logical]},
        }
        for logical, resource in data.items()
    ]
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, imported


def _fixed(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if not any(calls(value))}
