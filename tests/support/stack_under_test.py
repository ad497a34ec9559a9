"""The stack that the tests of the HTTP API call: one on this machine, or with `--stack` one on AWS."""

from dataclasses import dataclass

from frond_client.frond_stack import LOCAL_STACK_NAME, find_stack
from tests.support.running_stack import RunningStack


@dataclass(frozen=True)
class StackOnAws:
    """A deployed stack; its credentials and region are the environment's."""

    api_url: str
    api_key: str


StackUnderTest = RunningStack | StackOnAws


def stack_on_aws(name: str) -> StackOnAws:
    """Return a deployed stack by its CloudFormation name; ``frond-local`` is the one of `make serve`."""
    endpoint = find_stack(None if name == LOCAL_STACK_NAME else name).endpoint()
    return StackOnAws(endpoint.url.rstrip("/"), endpoint.key)
