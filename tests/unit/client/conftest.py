"""A fake stack and a fake API, and the command and clients that run against them."""

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner, Result

from frond_client import Frond, dead_letter_queue, retries
from frond_client.__main__ import app
from frond_client.uploads import polling
from tests.unit.client import blocking_adapter
from tests.unit.client.blocking_adapter import Connect
from tests.unit.client.fake_api import FakeApi, serving
from tests.unit.client.fake_stack import FakeStack

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def stack(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    """A running stack whose file is in the current folder."""
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST")).close()
    fake = FakeStack(moto, tmp_path)
    fake.create()
    fake.write_file()
    monkeypatch.chdir(tmp_path)
    return fake


@pytest.fixture
def api(stack: FakeStack) -> Iterator[FakeApi]:
    """The stack's API."""
    with serving(FakeApi()) as fake:
        stack.write_file(api_url=fake.url)
        yield fake


@pytest.fixture
def photos(stack: FakeStack) -> Path:
    """A folder of three files with the extensions of photos."""
    folder = stack.folder / "field 7"
    folder.mkdir()
    for name in ("a.jpg", "b.png", "c.webp"):
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture(autouse=True)
def fast_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all intervals, and ignore the settings of the environment."""
    for name in ("FROND_STACK", "FROND_URL", "FROND_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(polling, "_MIN_INTERVAL_S", 0.1)
    monkeypatch.setattr(polling, "_MAX_INTERVAL_S", 0.2)
    monkeypatch.setattr(dead_letter_queue, "_WAIT_TIME_S", 0)
    monkeypatch.setattr(retries, "BACKOFF_BASE_S", 0.001)


@pytest.fixture
def frond() -> Run:
    """Run the command line."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def service() -> Iterator[FakeApi]:
    """A service without a stack."""
    with serving(FakeApi()) as fake:
        yield fake


@pytest.fixture(params=["blocking", "async"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Create a client of either kind."""
    return Frond if request.param == "blocking" else blocking_adapter.connect_blocking


@pytest.fixture
def client(connect: Connect, service: FakeApi) -> Iterator[Frond]:
    """A client of the fake service."""
    with connect(service.url, "a-key") as connected:
        yield connected


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays before requests, in seconds, without really waiting."""
    recorded: list[float] = []

    def sleep(seconds: float) -> None:
        if seconds:
            recorded.append(seconds)

    async def sleep_async(seconds: float) -> None:
        sleep(seconds)

    # A thread that another test has left may call `time.sleep`, too.
    monkeypatch.setattr("frond_client.client.time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(anyio, "sleep", sleep_async)
    monkeypatch.setattr(retries, "BACKOFF_BASE_S", 0.5)
    return recorded
