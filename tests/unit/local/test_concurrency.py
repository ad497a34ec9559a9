from pathlib import Path

import pytest

from local.concurrent_executions import NEW_ACCOUNT, concurrent_executions
from local.function import Function
from local.template import TemplateError


def function(reserved: int | None) -> Function:
    here = Path()
    return Function("f", "app.handler", here, (), here, {}, 3, "eu-west-3", reserved=reserved)


def test_functions_share_what_is_not_reserved() -> None:
    found = concurrent_executions({"a": function(None), "b": function(None), "c": function(4)}, NEW_ACCOUNT)
    assert found["a"] is found["b"]
    assert all(found["a"].acquire(blocking=False) for _ in range(6))
    assert not found["b"].acquire(blocking=False)
    assert all(found["c"].acquire(blocking=False) for _ in range(4))
    assert not found["c"].acquire(blocking=False)


def test_a_new_account_cannot_reserve_all_that_it_has() -> None:
    with pytest.raises(TemplateError, match="reserve 10 concurrent executions; the account has 10"):
        concurrent_executions({"a": function(10), "b": function(None)}, NEW_ACCOUNT)
