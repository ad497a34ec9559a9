"""Names of other libraries that they do not document: each must exist in the installed version.

A failure names the file of ours to adapt.
"""

import importlib
import inspect
from typing import Any

import pytest

# Module, attribute, its parameters, and the file of ours that replaces or calls it.
PRIVATE_NAMES = [
    (
        "moto.s3.notifications",
        "_get_s3_event",
        ["event_name", "bucket", "key", "notification_id"],
        "local/moto_notifications.py",
    ),
    ("moto.dynamodb.responses", "DynamoHandler.call_action", ["self"], "local/moto_dynamodb.py"),
    (
        "moto.sqs.models",
        "SQSBackend.is_message_valid_based_on_retention_period",
        ["self", "queue_name", "message"],
        "local/moto_sqs.py",
    ),
    ("moto.sqs.models", "unix_time_millis", ["dt"], "local/moto_sqs.py"),
    ("moto.s3.responses", "S3Response.put_object", ["self"], "local/moto_s3.py"),
    ("moto.s3.responses", "S3Response.delete_object", ["self"], "local/moto_s3.py"),
    ("moto.s3.models", "copy.deepcopy", ["x", "memo", "_nil"], "local/moto_s3.py"),
    ("moto.backends", "list_of_moto_modules", [], "local/moto_dispatch.py"),
    (
        "moto.moto_server.werkzeug_app",
        "DomainDispatcherApplication.__call__",
        ["self", "environ", "start_response"],
        "tests/chaos/faulty_stack.py",
    ),
    (
        "moto.dynamodb.parsing.executors",
        "UpdateExpressionExecutor.execute",
        ["self", "node"],
        "tests/integration/local/test_moto_dynamodb.py",
    ),
    (
        "samtranslator.utils.py27hash_fix",
        "undo_mark_unicode_str_in_template",
        ["template_dict"],
        "local/template.py",
    ),
    ("xdist.scheduler", "LoadScopeScheduling._split_scope", ["self", "nodeid"], "tests/conftest.py"),
    (
        "botocore.client",
        "BaseClient._make_api_call",
        ["self", "operation_name", "api_params"],
        "tests/support/aws_calls.py",
    ),
]


@pytest.mark.parametrize(
    ("module", "attribute", "parameters", "used_in"),
    PRIVATE_NAMES,
    ids=[attribute for _, attribute, _, _ in PRIVATE_NAMES],
)
def test_a_private_name_exists(module: str, attribute: str, parameters: list[str], used_in: str) -> None:
    found: Any = importlib.import_module(module)
    for name in attribute.split("."):
        found = getattr(found, name, None)
    assert found is not None, f"{module} has no {attribute} any more: adapt {used_in}"
    assert list(inspect.signature(found).parameters) == parameters, (
        f"{module}.{attribute} has other parameters: adapt {used_in}"
    )


def test_moto_sends_notifications_through_the_replaced_function() -> None:
    notifications = importlib.import_module("moto.s3.notifications")
    assert "_get_s3_event(" in inspect.getsource(notifications.send_event), (
        "moto.s3.notifications.send_event does not call _get_s3_event any more: "
        "adapt local/moto_notifications.py"
    )


def test_werkzeug_provides_the_raw_path() -> None:
    serving = importlib.import_module("werkzeug.serving")
    assert '"RAW_URI"' in inspect.getsource(serving.WSGIRequestHandler.make_environ), (
        "werkzeug.serving sets no RAW_URI any more: adapt _raw_path in local/gateway.py"
    )
