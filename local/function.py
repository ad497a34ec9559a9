"""A Lambda function as the stack defines it: all that a runtime needs to run it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import ACCOUNT, STACK, Stack
from local.template import REGION, Template, TemplateError

_DEFAULT_TIMEOUT_S = 3
_DEFAULT_MEMORY_MB = 128


@dataclass(frozen=True)
class Function:
    """A function of the stack.

    Attributes
    ----------
    name
        Its name in AWS.
    handler
        ``module.function``.
    folder
        Its own code; what it finds as its working directory.
    search_path
        Where its imports are looked for, in this order.
    requirements
        The file that locks its third-party packages.
    environment
        Its environment variables, the ones that Lambda adds included.
    timeout
        Seconds that one call may take.
    """

    name: str
    handler: str
    folder: Path
    search_path: tuple[Path, ...]
    requirements: Path
    environment: dict[str, str]
    timeout: float

    @property
    def arn(self) -> str:
        """Its Amazon resource name."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"


def functions(template: Template, stack: Stack, cloud: dict[str, str]) -> dict[str, Function]:
    """Return the stack's functions by their logical ids.

    Parameters
    ----------
    template
        Where their code is.
    stack
        Their properties, with values.
    cloud
        The variables that point an AWS SDK at the local cloud.
    """
    return {
        name: _function(name, template, stack.properties[name], cloud)
        for name in template.of_type("AWS::Lambda::Function")
    }


def _function(
    logical_id: str, template: Template, properties: dict[str, Any], cloud: dict[str, str]
) -> Function:
    if logical_id not in template.code:
        raise TemplateError(f"{logical_id} is not an AWS::Serverless::Function, so its code cannot be found")
    code = template.code[logical_id]
    if not code.folder.is_dir():
        raise TemplateError(f"The code of {logical_id} should be in {code.folder}, which is not a folder")
    name = properties.get("FunctionName", f"{STACK}-{logical_id}")
    handler = _handler(logical_id, properties)
    memory = int(properties.get("MemorySize", _DEFAULT_MEMORY_MB))
    search_path = (code.folder, *code.layers)
    return Function(
        name=name,
        handler=handler,
        folder=code.folder,
        search_path=search_path,
        requirements=template.root / "requirements" / f"{code.folder.name}.txt",
        environment={
            **properties.get("Environment", {}).get("Variables", {}),
            **cloud,
            **_reserved(name, handler, memory, code.folder),
            "PYTHONPATH": os.pathsep.join(map(str, search_path)),
        },
        timeout=float(properties.get("Timeout", _DEFAULT_TIMEOUT_S)),
    )


def _handler(logical_id: str, properties: dict[str, Any]) -> str:
    command = properties.get("ImageConfig", {}).get("Command", [])
    handler = properties.get("Handler") or (command[0] if command else None)
    if not isinstance(handler, str) or "." not in handler:
        raise TemplateError(f"{logical_id} names no handler such as api.handler")
    return handler


def _reserved(name: str, handler: str, memory: int, folder: Path) -> dict[str, str]:
    """Return the variables that Lambda itself sets."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONUNBUFFERED": "1",
        "_HANDLER": handler,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_TASK_ROOT": str(folder),
        # What libraries look at to know that no X-Ray daemon listens.
        "AWS_SAM_LOCAL": "true",
    }
