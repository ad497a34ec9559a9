"""The local stack in a cloud that fails: run as `make serve` runs it, with faults between any two steps.

Faults strike while the file named by FAULTS exists, at calls of the functions only: those of whoever looks
on from outside, and of the stack's own pollers, go through.
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

Environ = dict[str, Any]
App = Callable[[werkzeug_app.DomainDispatcherApplication, Environ, Any], Iterable[bytes]]

# Share of calls that fail for good, that fail in a way that the SDK tries again, whose answer is lost, and
# that get none before the SDK gives up waiting.
REFUSED, BUSY, UNTOLD, HUNG = 0.02, 0.02, 0.01, 0.0005
LONGER_THAN_ANYBODY_WAITS_S = 11

SWITCH = Path(os.environ["FAULTS"])
_random = random.Random(int(os.environ["FAULTS_SEED"]))
_lock = threading.Lock()


def of_a_function(environ: Environ) -> bool:
    """Tell functions' calls by what their client says of itself: Lambda's runtime is in it."""
    return "exec-env/AWS_Lambda" in environ.get("HTTP_USER_AGENT", "")


def faulty(serve: App) -> App:
    def answer(self: Any, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if not (SWITCH.exists() and of_a_function(environ)):
            return serve(self, environ, start_response)
        with _lock:
            throw = _random.random()
        if throw < REFUSED:
            return refuse(start_response, "403 Forbidden", "AccessDenied", environ)
        if throw < REFUSED + BUSY:
            return refuse(start_response, "503 Service Unavailable", "SlowDown", environ)
        if throw < REFUSED + BUSY + UNTOLD:
            # It is done, and nobody is told: what a connection that breaks too late looks like.
            list(serve(self, received(environ), lambda *_: lambda _: None))
            return refuse(start_response, "400 Bad Request", "RequestTimeout", environ)
        if throw < REFUSED + BUSY + UNTOLD + HUNG:
            time.sleep(LONGER_THAN_ANYBODY_WAITS_S)
        return serve(self, environ, start_response)

    return answer


def received(environ: Environ) -> Environ:
    """Return a request whose body is here, as often as somebody asks for it."""
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    return environ


def refuse(start_response: Any, status: str, code: str, environ: Environ) -> Iterable[bytes]:
    if "HTTP_X_AMZ_TARGET" in environ:
        kind, body = "application/x-amz-json-1.0", f'{{"__type": "{code}", "message": "injected"}}'
    else:
        kind, body = "application/xml", f"<Error><Code>{code}</Code><Message>injected</Message></Error>"
    received(environ)
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body.encode()]


if __name__ == "__main__":
    dispatcher = werkzeug_app.DomainDispatcherApplication
    dispatcher.__call__ = faulty(dispatcher.__call__)
    app(prog_name="faulty_stack")
