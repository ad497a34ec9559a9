"""Install implementations once, and never use a partial peer_installation."""

from pathlib import Path

import pytest

from benchmarks import peer_installation, peer_models
from benchmarks.implementations import ALL, BY_KEY, Implementation
from benchmarks.paths import LOCKS, cached
from benchmarks.task_root import NotInstalledError


def test_a_file_is_created_once(tmp_path: Path) -> None:
    drafts = []

    def make(draft: Path) -> None:
        drafts.append(draft)
        draft.write_text("whole")

    for _ in range(2):
        assert cached(tmp_path / "folder" / "file", make).read_text() == "whole"
    assert len(drafts) == 1


def test_an_interrupted_folder_is_created_again(tmp_path: Path) -> None:
    def interrupt(draft: Path) -> None:
        draft.mkdir()
        (draft / "half").touch()
        raise KeyboardInterrupt

    def finish(draft: Path) -> None:
        draft.mkdir()

    with pytest.raises(KeyboardInterrupt):
        cached(tmp_path / "packages", interrupt)
    assert not (tmp_path / "packages").exists()
    assert list(cached(tmp_path / "packages", finish).iterdir()) == []


def test_an_implementation_that_cannot_be_installed_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def task_root(packages: str) -> Path:
        if packages == "bench-tflite":
            raise NotInstalledError("there is none for this Python")
        return Path()

    monkeypatch.setattr(peer_installation, "task_root", task_root)
    monkeypatch.setattr(peer_models, "prepare", lambda: None)
    messages: list[str] = []
    ready, left_out = peer_installation.install(ALL, messages.append)
    assert {implementation.key for implementation in ready} == {
        key for key in BY_KEY if not key.startswith("tflite")
    }
    assert left_out["tflite-int8"] == "there is none for this Python"
    assert len(messages) == len(ALL)


@pytest.mark.parametrize("implementation", ALL, ids=lambda implementation: implementation.key)
def test_every_implementation_has_a_lock_file_with_hashes(implementation: Implementation) -> None:
    lock = (LOCKS / f"{implementation.packages}.txt").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock
