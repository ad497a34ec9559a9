"""Start and stop the whole stack of a template."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from local.access_log import AccessLog
from local.cloud import Cloud
from local.concurrent_executions import NEW_ACCOUNT, concurrent_executions
from local.event_source_mapping import event_source_mappings
from local.function import Function, functions
from local.gateway import Gateway, Server
from local.log_files import TO_STANDARD_ERROR, LogFiles
from local.photo_lines import PhotoLoggingPool, logged_results
from local.rest_api import rest_api
from local.runtimes.emulator import EmulatorInstance
from local.runtimes.environment import environment
from local.runtimes.instance import Instance
from local.runtimes.process import ProcessInstance
from local.stack_file import StackFile, StackInfo, stack_info
from local.template import Template
from local.usage_plan import UsagePlan

_log = logging.getLogger(__name__)


class Runtime(StrEnum):
    """How functions run: in plain Python processes, or under AWS's runtime interface emulator (``rie``)."""

    PROCESS = "process"
    RIE = "rie"


@contextmanager
def running_stack(
    template: Template,
    listener: socket.socket,
    runtime: Runtime,
    key: str,
    concurrency: int = NEW_ACCOUNT,
    logs: LogFiles = TO_STANDARD_ERROR,
) -> Iterator[StackInfo]:
    """Run the stack of a template while the context is open.

    Parameters
    ----------
    template
        The template; the stack writes its files to ``.frond/`` beside it.
    listener
        Listening socket of the API.
    runtime
        How functions run.
    key
        API key of the operator.
    concurrency
        Concurrent executions of the account.
    logs
        Log files of the functions.

    Yields
    ------
    StackInfo
        URLs, key and resource names of the stack.

    Raises
    ------
    TemplateError, InstallationError
        If the stack cannot start.
    """
    home = template.root / ".frond"
    with ExitStack() as parts:
        cloud = parts.enter_context(Cloud(template.region))
        parts.enter_context(logged_results())
        usage_plan = UsagePlan(cloud.apigateway(), key)
        stack = cloud.deploy(usage_plan.deployed_in(template))
        usage_plan.set_limits(template, stack)
        # In Lambda's /tmp no function finds the files of another stack, such as its models.
        scratch = parts.enter_context(TemporaryDirectory(prefix="frond-stack-", ignore_cleanup_errors=True))
        found = functions(template, stack, {**cloud.environment, "TMPDIR": scratch})
        executions = concurrent_executions(found, concurrency)
        pools = {
            name: PhotoLoggingPool(
                _starter(function, runtime, home, logs), os.cpu_count() or 1, executions[name]
            )
            for name, function in found.items()
        }
        api = rest_api(template, stack)
        gateway = Gateway(api, pools, usage_plan, AccessLog(home / "access.log", api.access_log_format))
        mappings = event_source_mappings(template, stack, cloud, pools)
        for mapping in mappings:
            parts.enter_context(mapping)
        # Shutdown stops the pools before it joins the pollers, which would wait for running invocations.
        for pool in pools.values():
            parts.callback(pool.close)
        for mapping in mappings:
            parts.callback(mapping.stop)
        parts.enter_context(Server(gateway, listener))
        info = stack_info(stack, f"{_origin(listener)}/{api.stage}", key, cloud)
        parts.enter_context(StackFile(home / "stack.json", info))
        yield info


def _starter(function: Function, runtime: Runtime, home: Path, logs: LogFiles) -> Callable[[], Instance]:
    if runtime is Runtime.PROCESS:
        return partial(ProcessInstance, function, logs)
    _log.info("Installing the packages of %s", function.name)
    return partial(EmulatorInstance, function, environment(function, home / "rie"), logs)


def _origin(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104  compared, not bound
