"""Divide the concurrent executions of an account among its functions, as Lambda does."""

from collections.abc import Mapping
from threading import Semaphore

from local.function import Function
from local.template import TemplateError

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
NEW_ACCOUNT = 10


def concurrent_executions(functions: Mapping[str, Function], account_limit: int) -> dict[str, Semaphore]:
    """Return the concurrent executions of each function.

    A function with reserved concurrency has its own; the others share what is left of the account's.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html

    Parameters
    ----------
    functions
        The functions by logical id.
    account_limit
        Concurrent executions of the account.

    Raises
    ------
    TemplateError
        If the functions reserve more than the account has.
    """
    reserved = sum(function.reserved or 0 for function in functions.values())
    if reserved >= account_limit:
        raise TemplateError(
            f"The functions reserve {reserved} concurrent executions; the account has {account_limit}"
        )
    shared = Semaphore(account_limit - reserved)
    return {
        name: shared if function.reserved is None else Semaphore(function.reserved)
        for name, function in functions.items()
    }
