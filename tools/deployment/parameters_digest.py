"""Write a digest of the parameters into a built template, so that a new value publishes new versions.

SAM names a function's version by a hash of the template, in which parameters are references. Without the
digest the alias would go on serving the version with the old value:
https://github.com/aws/serverless-application-model/blob/develop/docs/safe_lambda_deployments.rst
"""

import hashlib
import json
import re
from pathlib import Path

VARIABLE = "FROND_PARAMETERS"
_VALUE = re.compile(rf"({VARIABLE}: )\S+")


def write_parameters_digest(template: Path, parameters: dict[str, str]) -> None:
    """Write the digest of the given parameters. Those that are not given keep their value on AWS.

    Parameters
    ----------
    template
        Template that ``sam build`` wrote.

    Raises
    ------
    ValueError
        If the template has no place for it.
    """
    digest = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:16]
    text, found = _VALUE.subn(rf"\g<1>p{digest}", template.read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f"{template} sets no variable {VARIABLE}")
    template.write_text(text, encoding="utf-8")
