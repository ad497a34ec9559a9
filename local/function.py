"""Read the Lambda functions of a stack: handler, code, packages and environment."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import ACCOUNT, STACK, DeployedStack
from local.template import REGION, Template, TemplateError

_DEFAULT_TIMEOUT_S = 3
_DEFAULT_MEMORY_MB = 128


@dataclass(frozen=True)
class Function:
    """A Lambda function of the stack.

    Attributes
    ----------
    name
        Function name in AWS.
    handler
        ``module.function``.
    folder
        Folder of its code, which is also its working directory.
    search_path
        Folders of ``PYTHONPATH``, in this order.
    requirements
        Lock file of its third-party packages.
    environment
        Environment variables, with those that Lambda adds.
    timeout
        Timeout of an invocation, in seconds.
    region
        AWS region.
    python
        Interpreter to run it with.
    reserved
        Reserved concurrent executions; ``None`` if it shares those of the account.
    """

    name: str
    handler: str
    folder: Path
    search_path: tuple[Path, ...]
    requirements: Path
    environment: dict[str, str]
    timeout: float
    region: str = REGION
    python: Path = Path(sys.executable)
    reserved: int | None = None

    @property
    def arn(self) -> str:
        """Amazon resource name (ARN)."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{self.name}"


def functions(template: Template, stack: DeployedStack, cloud: dict[str, str]) -> dict[str, Function]:
    """Return the functions of a stack by logical id.

    Parameters
    ----------
    template
        Locates the code.
    stack
        Resolves the properties.
    cloud
        Environment variables that point an AWS SDK at the local cloud, and at a folder for temporary files.
    """
    return {
        name: _function(name, template, stack.properties[name], cloud)
        for name in template.of_type("AWS::Lambda::Function")
    }


def _function(
    logical_id: str, template: Template, properties: dict[str, Any], cloud: dict[str, str]
) -> Function:
    if logical_id not in template.code:
        raise TemplateError(f"{logical_id} has no code here: declare it as AWS::Serverless::Function")
    code = template.code[logical_id]
    if not code.folder.is_dir():
        raise TemplateError(f"The code of {logical_id} is missing: {code.folder} is not a folder")
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
        region=template.region,
        python=code.python,
        reserved=_reserved_executions(properties),
    )


def _handler(logical_id: str, properties: dict[str, Any]) -> str:
    command = properties.get("ImageConfig", {}).get("Command", [])
    handler = properties.get("Handler") or (command[0] if command else None)
    if not isinstance(handler, str) or "." not in handler:
        raise TemplateError(f"{logical_id} has no handler such as api.handler")
    return handler


def _reserved_executions(properties: dict[str, Any]) -> int | None:
    reserved = properties.get("ReservedConcurrentExecutions")
    return None if reserved is None else int(reserved)


def _reserved(name: str, handler: str, memory: int, folder: Path) -> dict[str, str]:
    """Return the environment variables that Lambda sets."""
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
        # Libraries skip the X-Ray daemon when this is set.
        "AWS_SAM_LOCAL": "true",
    }
