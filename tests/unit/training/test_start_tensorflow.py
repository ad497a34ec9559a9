"""The standard error is quiet while TensorFlow starts, and shows everything after a failure."""

import os

import pytest

from training.start_tensorflow import LEVEL, quiet_stderr, start_tensorflow


def test_messages_of_libraries_are_discarded(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        os.write(2, b"oneDNN custom operations are on\n")
    os.write(2, b"an error of ours\n")

    assert capfd.readouterr().err == "an error of ours\n"


def test_after_a_failure_they_are_shown(capfd: pytest.CaptureFixture[str]) -> None:
    def broken_start() -> None:
        with quiet_stderr():
            os.write(2, b"libcuda.so is broken\n")
            raise ImportError

    with pytest.raises(ImportError):
        broken_start()

    assert capfd.readouterr().err == "libcuda.so is broken\n"


@pytest.mark.parametrize(("name", "value"), [(LEVEL, "0"), ("KERAS_BACKEND", "jax")])
def test_another_backend_or_a_log_level_of_the_user_s_changes_nothing(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(LEVEL, raising=False)
    monkeypatch.setenv(name, value)
    monkeypatch.setattr("training.start_tensorflow.quiet_stderr", lambda: pytest.fail("it was quiet"))

    start_tensorflow()

    assert os.environ.get(LEVEL) == (value if name == LEVEL else None)
