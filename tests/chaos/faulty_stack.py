"""Run the local stack with random faults in the AWS calls of its functions and in S3's notifications.

Faults happen while the file named by FAULTS exists. Calls of tests and of the stack's own pollers succeed.
"""

import io
import os
import random
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_server import werkzeug_app

from local.__main__ import app
from tests.chaos.notification_faults import unreliable_notifications

Environ = dict[str, Any]
App = Callable[[werkzeug_app.DomainDispatcherApplication, Environ, Any], Iterable[bytes]]

# Share of calls that are denied, are throttled, lose their response, and exceed the SDK's read timeout.
DENIED, THROTTLED, LOST, DELAYED = 0.02, 0.02, 0.01, 0.0005
DELAY_S = 11  # longer than any read timeout of the functions

SWITCH = Path(os.environ["FAULTS"])
_random = random.Random(int(os.environ["FAULTS_SEED"]))
_lock = threading.Lock()


def is_function_call(environ: Environ) -> bool:
    """Return whether a function made the call: then Lambda's runtime is in its User-Agent."""
    return "exec-env/AWS_Lambda" in environ.get("HTTP_USER_AGENT", "")


def with_faults(handle: App) -> App:
    def respond(self: Any, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if not (SWITCH.exists() and is_function_call(environ)):
            return handle(self, environ, start_response)
        with _lock:
            number = _random.random()
        if number < DENIED:
            return error_response(start_response, "403 Forbidden", "AccessDenied", environ)
        if number < DENIED + THROTTLED:
            return error_response(start_response, "503 Service Unavailable", "SlowDown", environ)
        if number < DENIED + THROTTLED + LOST:
            # The request is carried out, but its response is lost, as if the connection broke.
            list(handle(self, with_body(environ), lambda *_: lambda _: None))
            return error_response(start_response, "400 Bad Request", "RequestTimeout", environ)
        if number < DENIED + THROTTLED + LOST + DELAYED:
            time.sleep(DELAY_S)
        return handle(self, environ, start_response)

    return respond


def with_body(environ: Environ) -> Environ:
    """Return a request whose body is read into memory."""
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    return environ


def error_response(start_response: Any, status: str, code: str, environ: Environ) -> Iterable[bytes]:
    if "HTTP_X_AMZ_TARGET" in environ:
        kind, body = "application/x-amz-json-1.0", f'{{"__type": "{code}", "message": "injected"}}'
    else:
        kind, body = "application/xml", f"<Error><Code>{code}</Code><Message>injected</Message></Error>"
    with_body(environ)
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body.encode()]


if __name__ == "__main__":
    dispatcher = werkzeug_app.DomainDispatcherApplication
    dispatcher.__call__ = with_faults(dispatcher.__call__)
    with unreliable_notifications(SWITCH.exists, _random):
        app(prog_name="faulty_stack")
