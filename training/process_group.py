"""The processes that train one network, as their launcher describes them."""

import json
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from training.errors import TrainingError

# Sources: Kubernetes' "Indexed Job"; Kubeflow Trainer, runtime jax-distributed; "Amazon SageMaker training
# storage paths and environment variables".
INDEXED_JOB_RANK = "JOB_COMPLETION_INDEX"
SAGEMAKER_CONFIG = Path("/opt/ml/input/config/resourceconfig.json")
# SageMaker opens every port between the instances of a job.
SAGEMAKER_PORT = 12321
# JAX's error for a collective operation that failed, by its names in versions; the module imports no JAX.
JAX_ERRORS = ("JaxRuntimeError", "XlaRuntimeError")
# Where such an operation fails while it is started, JAX raises a ValueError that begins with the status.
LOST_STATUS = re.compile(r"(ABORTED|CANCELLED|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|UNKNOWN): ")
OWN_FAULT = ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """The processes of a run.

    Attributes
    ----------
    coordinator
        ``host:port`` at which process 0 is reached.
    count
        Number of processes, 2 or more.
    rank
        Number of this process, from 0.
    """

    coordinator: str
    count: int
    rank: int


@dataclass(frozen=True, slots=True)
class _Variables:
    """The environment variables of a launcher."""

    coordinator: str
    count: str
    rank: str


_LAUNCHERS = (
    _Variables("FROND_COORDINATOR", "FROND_PROCESS_COUNT", "FROND_PROCESS_ID"),
    _Variables("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"),
)


def read_process_group(
    environment: Mapping[str, str] = os.environ, sagemaker: Path = SAGEMAKER_CONFIG
) -> ProcessGroup | None:
    """Return the group of this process; None if it trains alone.

    Variables of Frond come first, then those of Kubeflow Trainer, then SageMaker's file. In an Indexed Job
    the completion index is the rank, if no other is set.

    Raises
    ------
    training.errors.TrainingError
        Some of a launcher's variables are missing, or a value is invalid.
    """
    for names in _LAUNCHERS:
        if any(environment.get(name) for name in (names.coordinator, names.count, names.rank)):
            return _from_variables(environment, names)
    return _from_sagemaker(sagemaker) if sagemaker.exists() else None


def _from_variables(environment: Mapping[str, str], names: _Variables) -> ProcessGroup | None:
    values = {name: environment.get(name, "") for name in (names.coordinator, names.count, names.rank)}
    values[names.rank] = values[names.rank] or environment.get(INDEXED_JOB_RANK, "")
    if missing := [name for name, value in values.items() if not value]:
        present = " and ".join(name for name, value in values.items() if value)
        raise TrainingError(f"{present} is set without {' and '.join(missing)}; set all three, or none.")
    coordinator, count, rank = (
        values[names.coordinator],
        *(_number(name, values[name]) for name in (names.count, names.rank)),
    )
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal()):
        raise TrainingError(f"{names.coordinator} is {coordinator!r}, not HOST:PORT.")
    if not 0 <= rank < count:
        raise TrainingError(f"{names.rank} is {rank}; with {count} processes ranks are 0 to {count - 1}.")
    return ProcessGroup(coordinator, count, rank) if count > 1 else None


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal()):
        raise TrainingError(f"{name} is {value!r}, not a number.")
    return int(value)


def _from_sagemaker(path: Path) -> ProcessGroup | None:
    try:
        config = json.loads(path.read_bytes())
        hosts, current = sorted(config["hosts"]), config["current_host"]
        rank = hosts.index(current)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} does not list the hosts of this job: {error}") from error
    return ProcessGroup(f"{hosts[0]}:{SAGEMAKER_PORT}", len(hosts), rank) if len(hosts) > 1 else None


@contextmanager
def ending_at_once() -> Iterator[None]:
    """End this process on an error without JAX's cleanup, which waits for the other processes for minutes.

    Exit codes are 1 for an error of this process, 75 (``EX_TEMPFAIL``) if another process was lost, and 130
    after Ctrl-C. Where JAX finds the loss itself, it aborts: 134.
    """
    try:
        yield
    except BaseException as error:  # noqa: BLE001 - nothing may reach JAX's cleanup
        print(_message(error), file=sys.stderr, flush=True)  # noqa: T201
        os._exit(_exit_code(error))


def _lost_another(error: BaseException) -> bool:
    if type(error).__name__ in JAX_ERRORS:
        return not any(status in str(error) for status in OWN_FAULT)
    return isinstance(error, ValueError) and LOST_STATUS.match(str(error)) is not None


def _exit_code(error: BaseException) -> int:
    if _lost_another(error):
        return os.EX_TEMPFAIL
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def _message(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "Stopped; the same command in every process resumes after the last finished epoch."
    if isinstance(error, TrainingError):
        return f"Error: {error}"
    trace = "".join(traceback.format_exception(error))
    if _lost_another(error):
        return f"{trace}Another process was lost; the same command in every process resumes the run."
    return trace
