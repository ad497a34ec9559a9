"""Parse HTTP strictly; reject what is not HTTP with the gateway's responses, not with HTML or silence."""

import http
import re
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from typing import Protocol, cast
from wsgiref.types import WSGIEnvironment

from werkzeug import Response
from werkzeug.serving import WSGIRequestHandler

from local.gateway_response import DEFAULT_4XX, REQUEST_HEADERS_TOO_LARGE, GatewayResponseType

# A client that sends nothing for so long is taken for gone.
_READ_TIMEOUT_S = 30
_MAX_LINE_BYTES = 65536
_TOO_LARGE = {http.HTTPStatus.REQUEST_URI_TOO_LONG, http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE}
# Other defects concern bodies of email.
_DEFECTS = (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
# RFC 3986, 3.2.2
_HOST = re.compile(r"[\w.~%!$&'()*+,;=:\[\]-]*", re.ASCII)
# Of what a client goes on to send after it was rejected, this much is read.
_DRAINED_READS = 1000
_DRAIN_TIMEOUT_S = 0.5


class Rejecting(Protocol):
    """An application with a response to requests that never reach it."""

    def reject(self, response_type: GatewayResponseType) -> Response:
        """Return the gateway response to a request that is no HTTP."""


class RequestHandler(WSGIRequestHandler):
    """Parse requests strictly."""

    timeout = _READ_TIMEOUT_S
    raw_requestline: bytes

    def parse_request(self) -> bool:
        """Parse a request; return False if it was rejected."""
        # RFC 9112, 2.2: an empty line before a request is ignored.
        if not self.raw_requestline.strip():
            self.raw_requestline = self.rfile.readline(_MAX_LINE_BYTES + 1)
        # HTTP/0.9, which has no version, has no headers in its responses either.
        if len(self.raw_requestline.split()) != 3:
            self.requestline = self.command = ""
            self.send_error(http.HTTPStatus.BAD_REQUEST)
            return False
        if not super().parse_request():
            return False
        if not self._is_valid():
            self.send_error(http.HTTPStatus.BAD_REQUEST)
            return False
        return True

    def make_environ(self) -> WSGIEnvironment:
        """Return the environment of WSGI; reject a request whose target is not a URL."""
        try:
            return super().make_environ()
        except ValueError as error:
            self.send_error(http.HTTPStatus.BAD_REQUEST)
            raise ConnectionAbortedError from error

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send a gateway response and close the connection."""
        self.log_error("malformed request: %d %s %s", code, message or "", explain or "")
        too_large = code in _TOO_LARGE
        response = cast(Rejecting, self.server.app).reject(
            REQUEST_HEADERS_TOO_LARGE if too_large else DEFAULT_4XX
        )
        self.close_connection = True
        self.request_version = "HTTP/1.1"
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.get_data())
        self._drain()

    def log_request(self, *_: object, **__: object) -> None:
        """Log nothing: the gateway logs each request with its duration."""

    def _is_valid(self) -> bool:
        """Return whether headers and the length of the body can be trusted."""
        if any(isinstance(defect, _DEFECTS) for defect in self.headers.defects):
            return False
        lengths = set(self.headers.get_all("Content-Length", []))
        if len(lengths) > 1 or any(not (each.isascii() and each.isdigit()) for each in lengths):
            return False
        hosts = self.headers.get_all("Host", [])
        if len(hosts) > 1 or not all(_HOST.fullmatch(each.strip()) for each in hosts):
            return False
        codings = self.headers.get_all("Transfer-Encoding", [])
        return not codings or [each.strip().lower() for each in codings] == ["chunked"]

    def _drain(self) -> None:
        """Read what the client still sends: to close at once would reset the connection."""
        try:
            self.wfile.flush()
            self.connection.settimeout(_DRAIN_TIMEOUT_S)
            for _ in range(_DRAINED_READS):
                if not self.connection.recv(_MAX_LINE_BYTES):
                    return
        except OSError:
            return
