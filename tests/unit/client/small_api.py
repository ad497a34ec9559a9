"""An API that knows some classifications."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class SmallApi:
    """What it knows, what it answers first, and what it was asked.

    Attributes
    ----------
    records
        Its classifications, the newest first.
    first
        Answers that come before all others: status, headers and body.
    asked
        Paths with their queries.
    page
        The most classifications in one answer.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    first: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    page: int = 100
    url: str = ""

    def answer(self, target: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(target)
        if self.first:
            return self.first.pop(0)
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/v1/classifications":
            return 200, {}, json.dumps(self._list(query)).encode()
        wanted = path.rpartition("/")[2]
        for record in self.records:
            if record["id"] == wanted:
                return 200, {}, json.dumps(record).encode()
        return 404, {}, b'{"type": "urn:frond:problem:not-found", "title": "Not found", "status": 404}'

    def _list(self, query: dict[str, list[str]]) -> dict[str, Any]:
        records = self.records
        if "key" in query:
            records = [record for record in records if record["source"]["key"] == query["key"][0]]
        begin = int(query.get("cursor", ["0"])[0])
        end = begin + min(self.page, int(query["limit"][0]))
        return {
            "classifications": records[begin:end],
            "next_cursor": str(end) if end < len(records) else None,
        }


@contextmanager
def serving(api: SmallApi) -> Iterator[SmallApi]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.keys.add(self.headers["x-api-key"])
            status, headers, body = api.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
