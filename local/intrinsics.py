"""Find and replace CloudFormation's intrinsic functions; CloudFormation itself evaluates them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


def is_intrinsic(node: Any) -> bool:
    """Return whether a node of a template is a call such as ``{"Ref": "Bucket"}``."""
    if not isinstance(node, dict) or len(node) != 1:
        return False
    name: str = next(iter(node))
    return name == "Ref" or name.startswith("Fn::")


def references(node: Any) -> set[str]:
    """Return the names of the resources and parameters that a node refers to."""
    if isinstance(node, list):
        return {name for item in node for name in references(item)}
    if not isinstance(node, dict):
        return set()
    found = {name for value in node.values() for name in references(value)}
    if is_intrinsic(node):
        found |= _direct_references(node)
    return found


def _direct_references(call: dict[str, Any]) -> set[str]:
    match call:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [str(name), *_]} | {"Fn::GetAtt": str(name)}:
            return {name.split(".")[0]}
        case {"Fn::Sub": [str(text), dict(local)]}:
            return _placeholders(text) - set(local)
        case {"Fn::Sub": str(text)}:
            return _placeholders(text)
    return set()


def _placeholders(text: str) -> set[str]:
    return {name.split(".")[0].strip() for name in _PLACEHOLDER.findall(text)}


def calls(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every outermost intrinsic call in a node."""
    if is_intrinsic(node):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from calls(value)
    elif isinstance(node, list):
        for value in node:
            yield from calls(value)


def yields_text(call: dict[str, Any]) -> bool:
    """Return whether a call's value is text, which an output can be, and never an object or nothing."""
    branches = call.get("Fn::If", [])[1:]
    return not any(
        branch == {"Ref": "AWS::NoValue"} or (isinstance(branch, dict | list) and not is_intrinsic(branch))
        for branch in branches
    )


def key(call: dict[str, Any]) -> str:
    """Return a hashable key of a call; equal calls have equal keys."""
    return json.dumps(call, sort_keys=True)


def replaced(node: Any, values: Mapping[str, str]) -> Any:
    """Return a copy of a node with its calls replaced.

    Parameters
    ----------
    node
        Node of a template; it is not changed.
    values
        Value of each call by its :func:`key`. Other calls stay.
    """
    if is_intrinsic(node):
        return values.get(key(node), node)
    if isinstance(node, dict):
        return {name: replaced(value, values) for name, value in node.items()}
    if isinstance(node, list):
        return [replaced(value, values) for value in node]
    return node


def substituted(node: Any, values: Mapping[str, str]) -> Any:
    """Return a copy of a node with values instead of references (``Ref``), also inside calls.

    Parameters
    ----------
    node
        Node of a template; it is not changed.
    values
        Values by the logical ids of their resources. Other references stay.
    """
    match node:
        case {"Ref": str(name)} if len(node) == 1 and name in values:
            return values[name]
        case dict():
            return {name: substituted(value, values) for name, value in node.items()}
        case list():
            return [substituted(value, values) for value in node]
    return node
