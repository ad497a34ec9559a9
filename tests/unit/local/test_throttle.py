from local.rest_api import Limit, Route
from local.throttle import Throttle, TokenBucket


class StoppedClock:
    """A clock that stands until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def route(resource: str, method: str = "GET") -> Route:
    return Route(resource, method, "F", key_required=True, timeout=29)


def test_a_bucket_allows_its_burst_and_refills_at_its_rate() -> None:
    clock = StoppedClock()
    bucket = TokenBucket(Limit(rate=0.5, burst=2), clock)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    clock.now = 2
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.now = 1000
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_each_method_has_a_bucket_of_its_own() -> None:
    throttle = Throttle({("/*", "*"): Limit(0, 1), ("/open", "GET"): Limit(0, 2)})
    assert [throttle.allows(route("/open")) for _ in range(3)] == [True, True, False]
    for each in (route("/open", "ANY"), route("/other")):
        assert [throttle.allows(each) for _ in range(2)] == [True, False]


def test_without_limits_nothing_is_throttled() -> None:
    throttle = Throttle({})
    assert all(throttle.allows(route("/open")) for _ in range(1000))
