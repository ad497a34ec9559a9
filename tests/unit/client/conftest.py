"""A small stack and a small API, and the command that is run against them."""

import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner, Result

from frond_client import Frond, dead_letters, retries
from frond_client.__main__ import app
from frond_client.uploads import polling
from tests.unit.client import both
from tests.unit.client.both import Connect
from tests.unit.client.small_api import SmallApi, serving
from tests.unit.client.small_stack import SmallStack

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def stack(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallStack:
    """A running stack that the folder says where it is."""
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST")).close()
    small = SmallStack(moto, tmp_path)
    small.create()
    small.write_file()
    monkeypatch.chdir(tmp_path)
    return small


@pytest.fixture
def api(stack: SmallStack) -> Iterator[SmallApi]:
    """The stack's API."""
    with serving(SmallApi()) as small:
        stack.write_file(api_url=small.url)
        yield small


@pytest.fixture
def photos(stack: SmallStack) -> Path:
    """A folder of three files that are named as photos."""
    folder = stack.folder / "field 7"
    folder.mkdir()
    for name in ("a.jpg", "b.png", "c.webp"):
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again soon, and poll without waiting."""
    for name in ("FROND_STACK", "FROND_URL", "FROND_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(polling, "_SHORTEST_S", 0.1)
    monkeypatch.setattr(polling, "_LONGEST_S", 0.2)
    monkeypatch.setattr(dead_letters, "_WAIT_S", 0)
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.001)


@pytest.fixture
def frond() -> Run:
    """Run the command as a person would."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def service() -> Iterator[SmallApi]:
    """A service that is no part of a stack."""
    with serving(SmallApi()) as small:
        yield small


@pytest.fixture(params=["waits", "is awaited"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Make a client, of either kind."""
    return Frond if request.param == "waits" else both.awaited


@pytest.fixture
def client(connect: Connect, service: SmallApi) -> Iterator[Frond]:
    """A client of the small service."""
    with connect(service.url, "a-key") as connected:
        yield connected


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What a client waited for between its attempts, in seconds; nobody really waits."""
    waited: list[float] = []

    def note(seconds: float) -> None:
        if seconds:
            waited.append(seconds)

    async def note_too(seconds: float) -> None:
        note(seconds)

    monkeypatch.setattr(time, "sleep", note)
    monkeypatch.setattr(anyio, "sleep", note_too)
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.5)
    return waited
