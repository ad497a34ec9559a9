"""The Dockerfile's own steps are done, each in its stage and its shell."""

from pathlib import Path

import pytest

from benchmarks.dockerfile import StepError, carry_out, steps
from benchmarks.task import DOCKERFILE

TWO_STAGES = r"""
ARG BASE=somewhere
FROM ${BASE} AS packages
SHELL ["/bin/bash", "-O", "extglob", "-euc"]
WORKDIR /var/task
COPY lists/wanted.txt /tmp/
# A remark in between.
RUN cp /tmp/wanted.txt kept.txt \
 && touch a.so b.so
RUN rm !(kept.txt|a.so) && ls /var/task > /tmp/seen.txt

FROM ${BASE} AS ours
RUN touch never
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "wanted.txt").write_text("wanted")
    return tmp_path


def test_steps_are_done_to_folders_of_this_machine(context: Path) -> None:
    # One folder below the place of another: nothing may be replaced twice.
    places = {"/var/task": context / "tmp" / "task", "/tmp": context / "scratch"}
    for folder in places.values():
        folder.mkdir(parents=True)
    carry_out(steps(TWO_STAGES, "packages"), context, places)
    task, scratch = places.values()
    assert sorted(path.name for path in task.iterdir()) == ["a.so", "kept.txt"]
    assert (task / "kept.txt").read_text() == "wanted"
    assert (scratch / "seen.txt").read_text().split() == ["a.so", "kept.txt"]


def test_a_step_that_fails_says_what_it_said(tmp_path: Path) -> None:
    stage = [("SHELL", '["/bin/bash", "-euc"]'), ("RUN", "echo the wheel has changed >&2 && false")]
    with pytest.raises(StepError, match="the wheel has changed"):
        carry_out(stage, tmp_path, {"/var/task": tmp_path})


def test_an_unknown_stage_is_named() -> None:
    with pytest.raises(StepError, match="'nowhere'"):
        steps(TWO_STAGES, "nowhere")


def test_the_stage_of_the_functions_image_installs_strips_and_compiles() -> None:
    commands = [rest for word, rest in steps(DOCKERFILE.read_text(), "packages") if word == "RUN"]
    assert "pip install" in commands[0]
    assert any("rm -r ai_edge_litert" in command for command in commands)
    assert "compileall" in commands[-1]
