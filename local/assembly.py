"""The whole stack, put together from a template and taken apart again."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path

from local.api import api
from local.cloud import Cloud
from local.function import Function, functions
from local.gateway import Gateway, Server
from local.queue_source import queue_sources
from local.runtimes.emulator import EmulatorInstance
from local.runtimes.environment import environment
from local.runtimes.instance import Instance
from local.runtimes.pool import Pool
from local.runtimes.process import ProcessInstance
from local.stack_file import Address, StackFile, address
from local.template import Template

_log = logging.getLogger(__name__)


class Runtime(StrEnum):
    """What runs the functions."""

    PROCESS = "process"
    RIE = "rie"


@contextmanager
def running_stack(template: Template, bound: socket.socket, runtime: Runtime, key: str) -> Iterator[Address]:
    """Run a template's stack for as long as the context lasts.

    Parameters
    ----------
    template
        The template; ``.frond/`` beside it is where the stack keeps its files.
    bound
        A listening socket for the API.
    runtime
        What runs the functions.
    key
        The API key.

    Yields
    ------
    Address
        Where it is.

    Raises
    ------
    TemplateError, InstallationError
        If it cannot be run.
    """
    home = template.root / ".frond"
    with ExitStack() as parts:
        cloud = parts.enter_context(Cloud())
        stack = cloud.deploy(template)
        pools = {
            name: Pool(_starter(function, runtime, home), size=os.cpu_count() or 1)
            for name, function in functions(template, stack, cloud.environment).items()
        }
        gateway = Gateway(api(template, stack), pools, key)
        sources = queue_sources(template, stack, cloud, pools)
        for source in sources:
            parts.enter_context(source)
        # In the end the calls in work are cut off, which the sources would otherwise wait for.
        for pool in pools.values():
            parts.callback(pool.close)
        for source in sources:
            parts.callback(source.stop)
        parts.enter_context(Server(gateway, bound))
        where = address(stack, _url(bound), key, cloud.endpoint)
        parts.enter_context(StackFile(home / "stack.json", where))
        yield where


def _starter(function: Function, runtime: Runtime, home: Path) -> Callable[[], Instance]:
    if runtime is Runtime.PROCESS:
        return partial(ProcessInstance, function)
    _log.info("Getting the packages of %s", function.name)
    return partial(EmulatorInstance, function, environment(function, home / "rie"))


def _url(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104  compared, not bound
