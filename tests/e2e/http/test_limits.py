"""More calls than the account's concurrent executions, and than the limit of a path."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from frond_client import Frond
from tests.support.running_stack import RunningStack, running_stack

AT_ONCE = 12
BURST = 5


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    limits = ("--parameter", "KeylessRate=0.01", "--parameter", f"KeylessBurst={BURST}")
    log = tmp_path_factory.mktemp("stack") / "log"
    with running_stack(log, "--concurrency", "2", *limits) as running:
        yield running


def test_a_call_over_the_limit_gets_busy_and_when_to_try_again(stack: RunningStack, maize: bytes) -> None:
    """The first two wait for a cold start, which the others do not."""

    def send(_: int) -> urllib3.BaseHTTPResponse:
        headers = {"content-type": "image/jpeg"}
        return stack.request("/v1/classifications", "POST", body=maize, headers=headers)

    with ThreadPoolExecutor(AT_ONCE) as clients:
        responses = list(clients.map(send, range(AT_ONCE)))
    statuses = Counter(response.status for response in responses)
    assert statuses.keys() == {200, 503}, statuses
    for response in responses:
        if response.status == 503:
            problem = json.loads(response.data)
            assert problem["type"] == "urn:frond:problem:busy"
            assert problem["request_id"] == response.headers["x-request-id"]
            assert int(response.headers["Retry-After"]) >= 1
            assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_the_client_waits_until_the_service_is_free(stack: RunningStack, maize: bytes) -> None:
    with (
        Frond(stack.api_url, stack.api_key, max_attempts=20) as frond,
        ThreadPoolExecutor(AT_ONCE) as clients,
    ):
        answers = list(clients.map(frond.classify, [maize] * AT_ONCE))
    assert {answer.verdict for answer in answers} == {"identified"}


def test_a_path_without_a_key_is_limited_and_does_not_limit_those_with_one(stack: RunningStack) -> None:
    responses = [stack.request("/v1/health", key="") for _ in range(2 * BURST)]
    assert [response.status for response in responses[:BURST]] == [200] * BURST
    assert responses[-1].status == 429
    assert responses[-1].json()["type"] == "urn:frond:problem:throttled"
    assert stack.request("/v1/species").status == 200


@pytest.fixture(scope="module")
def maize(seedlings: Path) -> bytes:
    return (seedlings / "zea-mays.jpg").read_bytes()
