"""A service in small, over real HTTP: it names a photo by what its bytes say."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

from multipart import MultipartParser, MultipartPart, parse_options_header

JPEG = b"\xff\xd8\xff"
MADE = "2026-11-21T16:29:01.870794Z"

Reply = tuple[int, dict[str, str], bytes]


def photo(species: str, size: int = 0) -> bytes:
    """Return a photo of a species, with so many bytes at least."""
    return (JPEG + species.encode() + b" ").ljust(size, b"\0")


def problem(status: int, slug: str, **more: Any) -> Reply:
    said = {
        "type": f"urn:frond:problem:{slug}",
        "title": f"It is {slug}",
        "detail": "Do that.",
        "request_id": "r-1",
    }
    body = json.dumps({**said, "status": status, **more}).encode()
    return status, {"Content-Type": "application/problem+json"}, body


def prediction(species: str, confidence: float) -> dict[str, Any]:
    name = species.replace("-", " ").capitalize()
    return {
        "species": species,
        "scientific_name": name,
        "common_name": f"the {species}",
        "role": None,
        "confidence": confidence,
    }


SPECIES = {**prediction("zea-mays", 1), "common_names": {"en": "Maize"}, "eppo_code": "ZEAMX"}
MODEL = {"version": "v", "source": "stable", "since": MADE, "created_at": MADE, "species": 12}


def classification(identifier: str, species: list[str], **facts: Any) -> dict[str, Any]:
    """Return what the service says of photos that show these species."""
    image = {"width": 640, "height": 480, "format": "JPEG", "issues": []}
    predictions = [prediction(species[0], 0.9), prediction("other-species", 0.05)]
    return {
        "id": identifier,
        "status": "succeeded",
        "verdict": "identified",
        "predictions": predictions,
        "image": image,
        "images": [
            {**image, "verdict": "identified", "predictions": [prediction(each, 0.8)], "evidence": None}
            for each in species
        ],
        "evidence": None,
        "model": {"version": "2026.11.21-1a2b3c4d"},
        "source": {"door": "http", "key": None},
        "error": None,
        "feedback": None,
        "created_at": MADE,
        "timings_ms": {"decode": 1.0, "inference": 2.0, "total": 3.0},
        **facts,
    }


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def parts(self) -> list[MultipartPart]:
        _, options = parse_options_header(self.headers["content-type"])
        return list(
            MultipartParser(
                BytesIO(self.body), options["boundary"], memory_limit=10**8, spool_limit=10**8, disk_limit=0
            )
        )


@dataclass
class SmallApi:
    """What it knows, what it answers first, and what it was asked.

    Attributes
    ----------
    records
        Its classifications, the newest first.
    first
        Answers that come before all others: status, headers and body; `None` hangs up.
    bucket
        Answers of the bucket that come before all others.
    asked
        Paths with their queries.
    page
        The most classifications in one answer.
    most
        The most bytes of a body.
    queue
        What it says of an uploaded photo, one after the other, before it is finished.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    first: list[Reply | None] = field(default_factory=list)
    bucket: list[Reply | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    page: int = 100
    most: int = 6_000_000
    queue: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def answer(self, asked: Asked) -> Reply | None:
        self.asked.append(asked.target)
        self.requests.append(asked)
        self.keys.add(asked.headers.get("x-api-key"))
        if self.first:
            return self.first.pop(0)
        if len(asked.body) > self.most and asked.path != "/bucket":
            return problem(413, "payload-too-large")
        for method, path, reply in self._routes:
            found = re.fullmatch(path, asked.path)
            if found and method == asked.method:
                return reply(asked, *found.groups())
        return problem(404, "unknown-path")

    @property
    def _routes(self) -> list[tuple[str, str, Callable[..., Reply | None]]]:
        classifications = "/v1/classifications"
        return [
            ("POST", classifications, self._classify),
            ("GET", classifications, self._list),
            ("GET", f"{classifications}/([^/]+)", self._get),
            ("PUT", f"{classifications}/([^/]+)/feedback", self._correct),
            ("DELETE", f"{classifications}/([^/]+)", self._delete),
            ("POST", "/v1/uploads", self._announce),
            ("POST", "/bucket", self._take),
            ("GET", "/v1/species", lambda _: _json({"species": [SPECIES]})),
            ("GET", "/v1/model", lambda _: _json(MODEL)),
        ]

    def _classify(self, asked: Asked) -> Reply:
        photos = [part.raw for part in asked.parts if part.name == "image"]
        if not all(each.startswith(JPEG) for each in photos):
            return problem(422, "unsupported-format")
        species = [each.removeprefix(JPEG).split(b" ")[0].decode() for each in photos]
        made = classification(f"id-{len(self.records)}", species)
        self.records.insert(0, made)
        return _json(made)

    def _announce(self, asked: Asked) -> Reply:
        announced = json.loads(asked.body)
        form = {"key": "api/id-large", "Content-Type": announced["content_type"]}
        said = {"id": "id-large", "url": f"{self.url}/bucket", "fields": form, "expires_at": MADE}
        return 201, {}, json.dumps(said).encode()

    def _take(self, asked: Asked) -> Reply | None:
        if self.bucket:
            return self.bucket.pop(0)
        *_, file = asked.parts
        species = file.raw.removeprefix(JPEG).split(b" ")[0].decode()
        self.records.insert(
            0, classification("id-large", [species], source={"door": "s3", "key": "api/id-large"})
        )
        return 204, {}, b""

    def _get(self, asked: Asked, identifier: str) -> Reply:
        for record in self.records:
            if record["id"] == identifier:
                return _json(record | self.queue.pop(0) if self.queue else record)
        return problem(404, "unknown-classification")

    def _correct(self, asked: Asked, identifier: str) -> Reply:
        for record in self.records:
            if record["id"] == identifier:
                record["feedback"] = json.loads(asked.body)
        return self._get(asked, identifier)

    def _delete(self, asked: Asked, identifier: str) -> Reply:
        kept = [record for record in self.records if record["id"] != identifier]
        found = len(kept) < len(self.records)
        self.records = kept
        return (204, {}, b"") if found else problem(404, "unknown-classification")

    def _list(self, asked: Asked) -> Reply:
        records, query = self.records, asked.query
        if "key" in query:
            records = [record for record in records if record["source"]["key"] == query["key"]]
        begin = int(query.get("cursor", "0"))
        end = begin + min(self.page, int(query["limit"]))
        cursor = str(end) if end < len(records) else None
        return _json({"classifications": records[begin:end], "next_cursor": cursor})


def _json(document: dict[str, Any]) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()


@contextmanager
def serving(api: SmallApi) -> Iterator[SmallApi]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = api.answer(Asked(self.command, self.path, headers, body))
            if reply is None:
                self.close_connection = True
                return
            status, more, content = reply
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - as http.server has it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
