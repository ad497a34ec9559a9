"""`make deploy` protects prod from deletion; `make delete` lifts that, and asks before it deletes data."""

from unittest.mock import MagicMock

import pytest
from typer.testing import CliRunner, Result

from tools.deployment import __main__ as commands
from tools.deployment.sam import Sam

TABLE = {
    "ResourceType": "AWS::DynamoDB::Table",
    "LogicalResourceId": "RecordsTable",
    "PhysicalResourceId": "records-1",
    "ResourceStatus": "CREATE_COMPLETE",
}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done to the stack, in order."""
    found: list[str] = []

    def protect(StackName: str, EnableTerminationProtection: bool) -> None:  # noqa: N803 - AWS's names
        found.append(f"{'protect' if EnableTerminationProtection else 'lift'} {StackName}")

    client = MagicMock()
    client.update_termination_protection.side_effect = protect
    client.get_paginator.return_value.paginate.return_value = [
        {"StackResourceSummaries": [TABLE], "Stacks": []}
    ]
    client.delete_table.side_effect = lambda TableName: found.append(f"delete {TableName}")  # noqa: N803
    session = MagicMock()
    session.client.return_value = client
    monkeypatch.setattr("boto3.Session", lambda: session)
    monkeypatch.setattr(Sam, "deploy", lambda self, confirm: found.append("deploy"))
    monkeypatch.setattr(Sam, "delete", lambda self: found.append("delete"))
    return found


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(commands.app, [*arguments], input=typed)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--stage", "dev"], ["deploy"]),
        (["--stage", "dev", "--protect"], ["deploy", "protect frond-dev"]),
        (["--stage", "prod"], ["deploy", "protect frond-prod"]),
    ],
)
def test_prod_is_protected_from_deletion(done: list[str], arguments: list[str], expected: list[str]) -> None:
    assert run("deploy", *arguments).exit_code == 0
    assert done == expected


def test_a_deleted_stack_leaves_its_data(done: list[str]) -> None:
    deleted = run("delete", "--stage", "dev")
    assert deleted.exit_code == 0
    assert "records-1" in deleted.output
    assert done == ["lift frond-dev", "delete"]


@pytest.mark.parametrize("arguments", [["--stage", "prod"], ["--stage", "dev", "--with-data"]])
def test_prod_and_data_are_deleted_after_a_question_only(done: list[str], arguments: list[str]) -> None:
    assert run("delete", *arguments, typed="yes\n").exit_code != 0
    assert done == []


def test_data_go_after_the_stack(done: list[str]) -> None:
    assert run("delete", "--stage", "dev", "--with-data", typed="frond-dev\n").exit_code == 0
    assert done == ["lift frond-dev", "delete", "delete records-1"]
