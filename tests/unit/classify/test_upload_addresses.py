"""Upload forms and the page's policy name the bucket's address in the region of the stack."""

from collections.abc import Iterator

import pytest

from tests.unit.classify.conftest import Call, MotoAws

SUFFIXES = {"cn-north-1": "amazonaws.com.cn"}


@pytest.fixture(params=["eu-west-1", "eu-south-2", "cn-north-1", "us-east-1"])
def region(request: pytest.FixtureRequest, aws: MotoAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A region of the function, whose clients have no other endpoint."""
    from frond_classify.app import ClassifyApp, current_app, use_app

    before = current_app()
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    app = ClassifyApp(before.settings)
    # The table of the fixture stays where it is.
    vars(app).update(repository=before.repository, _loading=before._loading)
    monkeypatch.setenv("AWS_DEFAULT_REGION", request.param)
    use_app(app)
    yield request.param
    use_app(before)


def test_a_form_is_for_the_regional_address_and_the_policy_allows_just_that(call: Call, region: str) -> None:
    body = b'{"content_type": "image/jpeg", "size": 5000000}'
    form = call("POST", "/v1/uploads", body, "application/json", binary=False).json
    origin = f"https://uploads.s3.{region}.{SUFFIXES.get(region, 'amazonaws.com')}"
    assert form["url"] == f"{origin}/"
    assert f"connect-src 'self' {origin};" in call("GET", "/").headers["Content-Security-Policy"]


def test_an_endpoint_of_its_own_is_kept(
    call: Call, aws: MotoAws, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000")
    body = b'{"content_type": "image/jpeg", "size": 5000000}'
    form = call("POST", "/v1/uploads", body, "application/json", binary=False).json
    assert form["url"] == "http://127.0.0.1:9000/uploads"
    policy = call("GET", "/").headers["Content-Security-Policy"]
    assert "connect-src 'self' http://127.0.0.1:9000;" in policy
