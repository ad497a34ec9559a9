"""What is set up is set up once, and nothing half-done is taken for done."""

from pathlib import Path

import pytest

from benchmarks import lineup as lineups
from benchmarks import models
from benchmarks.contenders import ALL, BY_KEY, Contender
from benchmarks.places import LOCKS, kept
from benchmarks.task import NotInstalledError


def test_it_is_made_once(tmp_path: Path) -> None:
    made = []

    def make(draft: Path) -> None:
        made.append(draft)
        draft.write_text("whole")

    for _ in range(2):
        assert kept(tmp_path / "folder" / "file", make).read_text() == "whole"
    assert len(made) == 1


def test_what_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    def break_off(draft: Path) -> None:
        draft.mkdir()
        (draft / "half").touch()
        raise KeyboardInterrupt

    def finish(draft: Path) -> None:
        draft.mkdir()

    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "packages", break_off)
    assert not (tmp_path / "packages").exists()
    assert list(kept(tmp_path / "packages", finish).iterdir()) == []


def test_who_cannot_be_installed_is_left_out_and_the_others_take_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def task(packages: str) -> Path:
        if packages == "bench-tflite":
            raise NotInstalledError("there is none for this Python")
        return Path()

    monkeypatch.setattr(lineups, "task", task)
    monkeypatch.setattr(models, "prepare", lambda: None)
    told: list[str] = []
    ready, left_out = lineups.lineup(ALL, told.append)
    assert {contender.key for contender in ready} == {key for key in BY_KEY if not key.startswith("tflite")}
    assert left_out["tflite-int8"] == "there is none for this Python"
    assert len(told) == len(ALL)


@pytest.mark.parametrize("contender", ALL, ids=lambda contender: contender.key)
def test_every_contender_has_a_locked_list_with_hashes(contender: Contender) -> None:
    lock = (LOCKS / f"{contender.packages}.txt").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock
