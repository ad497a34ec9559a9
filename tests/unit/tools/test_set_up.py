"""The set-up of `.venv` by the Makefile, and each way in which it can break."""

import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.waiting import HANG_S, eventually
from tools.pip_install import LOG, MARK, install, reason

pytestmark = pytest.mark.slow
STAMP = ".venv/.python"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The part of a checkout that creates its environment."""
    (tmp_path / "requirements").mkdir()
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "requirements" / "environment.sh", tmp_path / "requirements")
    return tmp_path


def make(checkout: Path, target: str, *variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", target, *variables],
        cwd=checkout,
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANG_S,
    )


def fake_python(folder: Path, shadow: str) -> Path:
    """Return a Python whose module ``ensurepip`` is replaced."""
    (folder / "modules" / "ensurepip").mkdir(parents=True)
    (folder / "modules" / "ensurepip" / "__init__.py").write_text(shadow)
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={folder / "modules"} exec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return script


def test_a_python_without_ensurepip_leaves_nothing_that_stops_a_good_one(checkout: Path) -> None:
    lacking = fake_python(checkout, "raise ModuleNotFoundError('ensurepip')\n")
    refused = make(checkout, STAMP, f"PYTHON={lacking}")
    version = "{}.{}".format(*sys.version_info)
    assert refused.returncode != 0
    assert f"sudo apt install python{version}-venv" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (checkout / ".venv").exists()

    # What earlier versions of the Makefile left where ensurepip was missing.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=checkout, check=True)
    mended = make(checkout, STAMP, f"PYTHON={sys.executable}")
    assert mended.returncode == 0, mended.stderr
    assert mended.stdout.splitlines() == [f"Creating .venv with Python {version} …"]
    subprocess.run([checkout / ".venv/bin/python", "-m", "pip", "--version"], check=True, capture_output=True)

    assert f"'{STAMP}' is up to date" in make(checkout, STAMP).stdout


def test_an_environment_is_kept_unless_its_installation_was_killed(checkout: Path) -> None:
    environment = checkout / ".venv"
    good = fake_python(checkout, "")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (environment / ".build").touch()
    assert make(checkout, STAMP, f"PYTHON={good}").stdout == ""
    assert (environment / ".build").exists()

    (environment / MARK).touch()
    begun = make(checkout, STAMP, f"PYTHON={fake_pip_less_venv(good)}")
    assert begun.returncode == 0, begun.stderr
    assert not (environment / ".build").exists()
    assert not (environment / MARK).exists()


def fake_pip_less_venv(python: Path) -> Path:
    """Return a Python that creates environments without pip, which takes less time."""
    script = python.with_name("quick-python")
    script.write_text(
        f'#!/bin/sh\nif [ "$2" = venv ]; then shift 2; exec {sys.executable} -m venv --without-pip "$@"; fi\n'
        f'exec {sys.executable} "$@"\n'
    )
    script.chmod(0o755)
    return script


def test_a_python_that_is_removed_is_replaced(checkout: Path) -> None:
    quick = fake_pip_less_venv(checkout / "python")
    assert make(checkout, STAMP, f"PYTHON={quick}").returncode == 0
    interpreter = checkout / ".venv" / "bin" / "python"
    interpreter.unlink()
    interpreter.symlink_to("/no/such/python")
    assert "Creating .venv" in make(checkout, STAMP, f"PYTHON={quick}").stdout


@pytest.mark.parametrize(
    ("python", "message"),
    [("/no/such/python3", "There is no /no/such/python3"), ("old-python", "Frond needs Python 3.11 to 3.13")],
)
def test_a_missing_or_old_python_is_named(checkout: Path, python: str, message: str) -> None:
    old = checkout / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    refused = make(checkout, STAMP, f"PYTHON={checkout / python}")
    assert refused.returncode != 0
    assert message in refused.stderr
    assert not (checkout / ".venv").exists()


def test_an_environment_that_cannot_be_created_is_no_target(checkout: Path) -> None:
    failing = checkout / "python"
    failing.write_text(
        '#!/bin/sh\nif [ "$2" = venv ]; then mkdir -p .venv/bin; ln -sf /bin/sh .venv/bin/python; '
        f'echo No space left on device; exit 1; fi\nexec {sys.executable} "$@"\n'
    )
    failing.chmod(0o755)
    for _ in range(2):
        refused = make(checkout, STAMP, f"PYTHON={failing}")
        assert refused.returncode != 0
        assert "No space left on device\n.venv could not be created." in refused.stderr
        assert not (checkout / STAMP).exists()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock file of one package."""
    path = tmp_path / "small.txt"
    path.write_text("no-such-package==1.0 --hash=sha256:" + 64 * "0" + "\n")
    return path


def fake_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__init__.py").touch()
    (tmp_path / "pip" / "__main__.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_without_a_network_the_index_is_named(
    tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    out = io.StringIO()
    assert install(lock, tmp_path, out) != 0
    assert out.getvalue().startswith(f"Installing 1 package ({lock}) …\nThe package index cannot be reached.")
    assert out.getvalue().count("\n") == 2
    assert "no-such-package" in (tmp_path / LOG).read_text()
    assert not (tmp_path / MARK).exists()


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "Free some space",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "pip cache purge"),
        ("ERROR: Operation cancelled by user", "Stopped"),
        ("ERROR: Cannot build it", "pip failed (ERROR: Cannot build it)"),
    ],
)
def test_the_reason_of_a_failure_has_a_fix(
    line: str, fix: str, tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_pip(tmp_path, monkeypatch, f"raise SystemExit({line!r})")
    out = io.StringIO()
    assert install(lock, tmp_path, out) == 1
    assert fix in out.getvalue()
    assert fix in reason([line])


def test_packages_are_compiled(tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The first warns of its escape; templates are not meant to be compiled.
    unpack = r"""
from pathlib import Path
from sysconfig import get_path
package = Path(get_path("purelib"), "plant")
package.mkdir()
(package / "leaf.py").write_text(r"'\d'")
(package / "template.py").write_text("{{ no Python }}")
"""
    fake_pip(tmp_path, monkeypatch, unpack)
    environment = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    command = [str(environment / "bin" / "python"), "-m", "tools.pip_install", str(lock)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=HANG_S)
    assert done.stdout == f"Installing 1 package ({lock}) …\n"
    assert done.stderr == ""
    assert [path.name.partition(".")[0] for path in environment.rglob("*.pyc")] == ["leaf"]


def test_a_killed_installation_leaves_its_mark(
    tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    # The end of standard input is the end of the test.
    fake_pip(tmp_path, monkeypatch, f"import sys; open({str(started)!r}, 'w').close(); sys.stdin.read()")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    process = subprocess.Popen(
        [tmp_path / ".venv" / "bin" / "python", "-m", "tools.pip_install", str(lock)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    eventually(lambda: started.exists() or None)
    process.send_signal(signal.SIGKILL)
    process.wait(HANG_S)
    process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
    assert (tmp_path / ".venv" / MARK).exists()
