"""Each package has the service descriptions without which botocore cannot make its function's clients."""

import re

import pytest

from tests.conftest import ROOT

DOCKERFILE = ROOT / "functions" / "classify" / "Dockerfile"
MAKEFILE = ROOT / "layers" / "frond" / "Makefile"
# Of a client, such as `self._client("s3")` or `boto3.client("s3", …)`.
CLIENT = re.compile(r"""(?:_client|boto3\.client|create_client)\(\s*"(\w+)\"""")


def kept_in_image() -> set[str]:
    (services,) = re.findall(r"botocore/data/!\(([\w|]+)\)", DOCKERFILE.read_text(encoding="utf-8"))
    return {*services.split("|")}


def kept_in_layer() -> set[str]:
    (services,) = re.findall(r"^SERVICES := (.+)$", MAKEFILE.read_text(encoding="utf-8"), re.MULTILINE)
    return {*services.split()}


@pytest.mark.parametrize(
    ("function", "kept"), [("classify", kept_in_image()), ("preprocess", kept_in_layer())]
)
def test_a_package_has_the_description_of_every_service_that_it_calls(function: str, kept: set[str]) -> None:
    folders = (ROOT / "functions" / function, ROOT / "layers" / "frond" / "python" / "frond")
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    called = {service for source in sources for service in CLIENT.findall(source)}
    assert {"dynamodb", "s3", "sqs"} <= called
    # Tracing reads X-Ray's.
    assert called | {"xray"} == kept
