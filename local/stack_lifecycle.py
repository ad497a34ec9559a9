"""Start and stop the whole stack of a template."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path

from local.cloud import Cloud
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
        API key.
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
        cloud = parts.enter_context(Cloud())
        parts.enter_context(logged_results())
        stack = cloud.deploy(template)
        pools = {
            name: PhotoLoggingPool(_starter(function, runtime, home, logs), size=os.cpu_count() or 1)
            for name, function in functions(template, stack, cloud.environment).items()
        }
        gateway = Gateway(rest_api(template, stack), pools, key)
        mappings = event_source_mappings(template, stack, cloud, pools)
        for mapping in mappings:
            parts.enter_context(mapping)
        # Shutdown stops the pools before it joins the pollers, which would wait for running invocations.
        for pool in pools.values():
            parts.callback(pool.close)
        for mapping in mappings:
            parts.callback(mapping.stop)
        parts.enter_context(Server(gateway, listener))
        info = stack_info(stack, _url(listener), key, cloud.endpoint)
        parts.enter_context(StackFile(home / "stack.json", info))
        yield info


def _starter(function: Function, runtime: Runtime, home: Path, logs: LogFiles) -> Callable[[], Instance]:
    if runtime is Runtime.PROCESS:
        return partial(ProcessInstance, function, logs)
    _log.info("Installing the packages of %s", function.name)
    return partial(EmulatorInstance, function, environment(function, home / "rie"), logs)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104  compared, not bound
