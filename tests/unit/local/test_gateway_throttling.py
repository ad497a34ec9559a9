"""The responses of the gateway while a function runs as often as it may."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from local.access_log import AccessLog
from local.gateway import Gateway
from local.rest_api import RestApi, Route
from local.runtimes.pool import Pool
from tests.support.one_key import OneKey


class Held:
    """An instance that responds when it is released."""

    alive = True

    def __init__(self) -> None:
        self.entered, self.release = threading.Semaphore(0), threading.Event()

    def invoke(self, _: bytes) -> bytes:
        self.entered.release()
        assert self.release.wait(60)
        return b'{"statusCode": 200}'

    def stop(self) -> None:
        self.release.set()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def client(held: Held, tmp_path: Path) -> Iterator[Client]:
    api = RestApi("dev", (Route("/{proxy+}", "ANY", "F", key_required=False, timeout=29),), frozenset(), {})
    pool = Pool(lambda: held, size=2, executions=threading.Semaphore(2))
    yield Client(
        Gateway(api, {"F": pool}, OneKey(), AccessLog(tmp_path / "log", "$context.integration.error"))
    )
    pool.close()


def test_a_call_over_the_limit_gets_its_response_at_once(client: Client, held: Held, tmp_path: Path) -> None:
    accepted: list[TestResponse] = []
    calls = [threading.Thread(target=lambda: accepted.append(client.get("/dev/x"))) for _ in range(2)]
    for call in calls:
        call.start()
        assert held.entered.acquire(timeout=60)
    response = client.get("/dev/x")
    assert (response.status_code, response.json) == (500, {"message": "Internal server error"})
    held.release.set()
    for call in calls:
        call.join()
    assert [each.status_code for each in accepted] == [200, 200]
    assert (tmp_path / "log").read_text().splitlines() == ["all concurrent executions are in use", "-", "-"]
