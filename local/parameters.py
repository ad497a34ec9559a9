"""Check the values of a template's parameters as CloudFormation does, before anything starts.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from typing import Any


def parameter_error(name: str, value: str, declared: dict[str, Any]) -> str | None:
    """Return why a parameter cannot have a value; ``None`` if it can.

    Parameters
    ----------
    declared
        Declaration of the parameter in the template.
    """
    if "AllowedValues" in declared:
        allowed = [str(each) for each in declared["AllowedValues"]]
        return None if value in allowed else f"{name} can be {', '.join(allowed)}, not {value}"
    if declared.get("Type") == "Number":
        return _number_error(name, value, declared)
    pattern = str(declared.get("AllowedPattern", ".*"))
    shortest, longest = int(declared.get("MinLength", 0)), int(declared.get("MaxLength", len(value)))
    if re.fullmatch(pattern, value, re.DOTALL) and shortest <= len(value) <= longest:
        return None
    rule = declared.get("ConstraintDescription") or f"{shortest} to {longest} characters, {pattern}"
    return f"{name} cannot be {value!r} ({rule})"


def _number_error(name: str, value: str, declared: dict[str, Any]) -> str | None:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", value):
        return f"{name} is a number, not {value!r}"
    if float(value) < float(declared.get("MinValue", value)):
        return f"{name} is at least {declared['MinValue']}, not {value}"
    if float(value) > float(declared.get("MaxValue", value)):
        return f"{name} is at most {declared['MaxValue']}, not {value}"
    return None
