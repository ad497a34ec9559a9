"""Run the steps of a Dockerfile's stage in its shell."""

from pathlib import Path

import pytest

from benchmarks.dockerfile_steps import StepError, run_steps, steps
from benchmarks.task_root import DOCKERFILE

TWO_STAGES = r"""
ARG BASE=somewhere
FROM ${BASE} AS packages
SHELL ["/bin/bash", "-O", "extglob", "-euc"]
WORKDIR /var/task
COPY lists/wanted.txt /tmp/
# A comment between the steps.
RUN cp /tmp/wanted.txt copied.txt \
 && touch a.so b.so
RUN rm !(copied.txt|a.so) && ls /var/task > /tmp/seen.txt

FROM ${BASE} AS ours
RUN touch never
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "wanted.txt").write_text("wanted")
    return tmp_path


def test_steps_run_in_folders_of_this_machine(context: Path) -> None:
    # One folder contains the name of another, which must not be replaced again.
    folders = {"/var/task": context / "tmp" / "task", "/tmp": context / "scratch"}
    for folder in folders.values():
        folder.mkdir(parents=True)
    run_steps(steps(TWO_STAGES, "packages"), context, folders)
    task, scratch = folders.values()
    assert sorted(path.name for path in task.iterdir()) == ["a.so", "copied.txt"]
    assert (task / "copied.txt").read_text() == "wanted"
    assert (scratch / "seen.txt").read_text().split() == ["a.so", "copied.txt"]


def test_a_failed_step_reports_its_output(tmp_path: Path) -> None:
    stage = [("SHELL", '["/bin/bash", "-euc"]'), ("RUN", "echo the wheel has changed >&2 && false")]
    with pytest.raises(StepError, match="the wheel has changed"):
        run_steps(stage, tmp_path, {"/var/task": tmp_path})


def test_an_unknown_stage_is_reported() -> None:
    with pytest.raises(StepError, match="'nowhere'"):
        steps(TWO_STAGES, "nowhere")


def test_the_images_packages_stage_installs_strips_and_compiles() -> None:
    commands = [rest for word, rest in steps(DOCKERFILE.read_text(), "packages") if word == "RUN"]
    assert "pip install" in commands[0]
    assert any("rm -r ai_edge_litert" in command for command in commands)
    assert "compileall" in commands[-1]
