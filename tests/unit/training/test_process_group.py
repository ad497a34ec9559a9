"""The launcher's environment decides the process group."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from training.errors import TrainingError
from training.process_group import ProcessGroup, read_process_group

FROND = {"FROND_COORDINATOR": "fit-0.fit:8476", "FROND_PROCESS_COUNT": "4"}
KUBEFLOW = {
    "JAX_COORDINATOR_ADDRESS": "fit-node-0-0.fit:6666",
    "JAX_NUM_PROCESSES": "2",
    "JAX_PROCESS_ID": "1",
}
# A program that fails in a group, and what happens to its exit code.
LEAVING = """
from training.errors import TrainingError
from training.process_group import ending_at_once
class JaxRuntimeError(RuntimeError): pass
with ending_at_once():
    raise {error}
"""


def read(environment: dict[str, str], tmp_path: Path) -> ProcessGroup | None:
    return read_process_group(environment, tmp_path / "resourceconfig.json")


def test_without_a_launcher_the_process_is_alone(tmp_path: Path) -> None:
    assert read({"JOB_COMPLETION_INDEX": "0"}, tmp_path) is None


def test_variables_of_frond(tmp_path: Path) -> None:
    group = read({**FROND, "FROND_PROCESS_ID": "3", "JOB_COMPLETION_INDEX": "1"}, tmp_path)
    assert group == ProcessGroup("fit-0.fit:8476", 4, 3)


def test_the_rank_of_an_indexed_job(tmp_path: Path) -> None:
    assert read({**FROND, "JOB_COMPLETION_INDEX": "2"}, tmp_path) == ProcessGroup("fit-0.fit:8476", 4, 2)


def test_variables_of_kubeflow(tmp_path: Path) -> None:
    assert read(KUBEFLOW, tmp_path) == ProcessGroup("fit-node-0-0.fit:6666", 2, 1)


def test_hosts_of_sagemaker(tmp_path: Path) -> None:
    config = {"current_host": "algo-2", "hosts": ["algo-2", "algo-1"], "network_interface_name": "eth0"}
    (tmp_path / "resourceconfig.json").write_text(json.dumps(config), encoding="utf-8")
    assert read({}, tmp_path) == ProcessGroup("algo-1:12321", 2, 1)
    assert read(KUBEFLOW, tmp_path) == ProcessGroup("fit-node-0-0.fit:6666", 2, 1)


@pytest.mark.parametrize("hosts", [["algo-1"], ["algo-3"], None])
def test_other_configurations_of_sagemaker(hosts: list[str] | None, tmp_path: Path) -> None:
    path = tmp_path / "resourceconfig.json"
    path.write_text(json.dumps({"current_host": "algo-1", "hosts": hosts}), encoding="utf-8")
    if hosts == ["algo-1"]:
        assert read({}, tmp_path) is None
        return
    with pytest.raises(TrainingError, match=r"resourceconfig\.json does not list the hosts"):
        read({}, tmp_path)


def test_a_group_of_one_is_none(tmp_path: Path) -> None:
    assert read({**FROND, "FROND_PROCESS_COUNT": "1", "FROND_PROCESS_ID": "0"}, tmp_path) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "FROND_COORDINATOR and FROND_PROCESS_COUNT is set without FROND_PROCESS_ID"),
        ({"FROND_PROCESS_ID": "0", "FROND_COORDINATOR": ""}, "without FROND_COORDINATOR"),
        (
            {"FROND_PROCESS_ID": "0", "FROND_PROCESS_COUNT": "two"},
            "COUNT is 'two', not a number",
        ),
        ({"FROND_PROCESS_ID": "4"}, "FROND_PROCESS_ID is 4; with 4 processes ranks are 0 to 3"),
        ({"FROND_PROCESS_ID": "-1"}, "FROND_PROCESS_ID is '-1', not a number"),
        ({"FROND_PROCESS_ID": "0", "FROND_COORDINATOR": "fit-0"}, "'fit-0', not HOST:PORT"),
    ],
)
def test_invalid_variables_are_reported(changes: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=message):
        read({**FROND, **changes}, tmp_path)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ("TrainingError('No space.')", 1, "Error: No space."),
        ("JaxRuntimeError('Connection closed by peer')", 75, "Another process was lost"),
        ("ValueError('UNKNOWN: Gloo AllGather failed: Connection closed by peer')", 75, "process was lost"),
        ("ValueError('invalid literal for int(): UNKNOWN: ')", 1, "invalid literal"),
        ("JaxRuntimeError('RESOURCE_EXHAUSTED: out of memory')", 1, "RESOURCE_EXHAUSTED"),
        ("KeyboardInterrupt", 130, "Stopped"),
    ],
)
def test_exit_codes_of_a_group(error: str, code: int, message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVING.format(error=error)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert message in done.stderr
