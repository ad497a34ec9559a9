"""A fake of the HTTP API, over real HTTP: a photo's bytes are the slug of its species."""

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
CREATED_AT = "2026-11-21T16:29:01.870794Z"

FakeResponse = tuple[int, dict[str, str], bytes]


def photo(species: str, size: int = 0) -> bytes:
    """Return a photo of a species, padded to a size."""
    return (JPEG + species.encode() + b" ").ljust(size, b"\0")


def problem(status: int, slug: str, **more: Any) -> FakeResponse:
    members = {
        "type": f"urn:frond:problem:{slug}",
        "title": f"It is {slug}",
        "detail": "Do that.",
        "request_id": "r-1",
    }
    body = json.dumps({**members, "status": status, **more}).encode()
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
MODEL = {"version": "v", "source": "stable", "since": CREATED_AT, "created_at": CREATED_AT, "species": 12}


def classification(identifier: str, species: list[str], **members: Any) -> dict[str, Any]:
    """Return the classification of photos of these species."""
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
        "created_at": CREATED_AT,
        "timings_ms": {"decode": 1.0, "inference": 2.0, "total": 3.0},
        "detections": None,
        "detector": None,
        **members,
    }


def detections(identifier: str, species: list[str], **members: Any) -> dict[str, Any]:
    """Return the plants of photos; each photo has one plant of its species, and one of none."""
    image = {"width": 640, "height": 480, "format": "JPEG"}
    images = [
        {**image, "detections": [plant(each), plant(None, x=320.5)], "not_classified": 0} for each in species
    ]
    return {
        "id": identifier,
        "status": "succeeded",
        "detections": images[0]["detections"],
        "image": image,
        "images": images,
        "model": {"version": "2026.11.28-1a2b3c4d"},
        "classifier": None,
        "created_at": CREATED_AT,
        "timings_ms": {"decode": 1.0, "detection": 2.0, "inference": 0.0, "total": 3.0},
        **members,
    }


def plant(species: str | None, x: float = 0) -> dict[str, Any]:
    """Return a detected plant, classified if it has a species."""
    crop = (
        {"verdict": "identified", "predictions": [prediction(species, 0.9)], "issues": []}
        if species
        else None
    )
    return {
        "box": {"x": x, "y": 48, "width": 64, "height": 96},
        "box_relative": {"x": x / 640, "y": 0.1, "width": 0.1, "height": 0.2},
        "class": species or "plant",
        "confidence": 0.75,
        "classification": crop,
    }


@dataclass(frozen=True)
class ReceivedRequest:
    """A request of the client."""

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
class FakeApi:
    """The fake API: its records, its prepared responses and its requests so far.

    Attributes
    ----------
    records
        Classifications, the newest first.
    responses
        Responses to the next requests: status, headers and body; `None` closes the connection.
    bucket_responses
        Responses of the bucket to the next uploads.
    targets
        Paths and queries of the requests.
    page_size
        Maximum number of classifications in a page.
    max_bytes
        Maximum size of a body.
    progress
        Members of an uploaded photo's classification in the next polls, before it is final.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    responses: list[FakeResponse | None] = field(default_factory=list)
    bucket_responses: list[FakeResponse | None] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    requests: list[ReceivedRequest] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)
    page_size: int = 100
    max_bytes: int = 6_000_000
    progress: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def respond(self, request: ReceivedRequest) -> FakeResponse | None:
        self.targets.append(request.target)
        self.requests.append(request)
        self.keys.add(request.headers.get("x-api-key"))
        if self.responses:
            return self.responses.pop(0)
        if len(request.body) > self.max_bytes and request.path != "/bucket":
            return problem(413, "payload-too-large")
        for method, path, handler in self._routes:
            match = re.fullmatch(path, request.path)
            if match and method == request.method:
                return handler(request, *match.groups())
        return problem(404, "unknown-path")

    @property
    def _routes(self) -> list[tuple[str, str, Callable[..., FakeResponse | None]]]:
        classifications = "/v1/classifications"
        return [
            ("POST", classifications, self._classify),
            ("GET", classifications, self._list),
            ("POST", "/v1/detections", self._detect),
            ("GET", f"{classifications}/([^/]+)", self._get),
            ("PUT", f"{classifications}/([^/]+)/feedback", self._set_feedback),
            ("DELETE", f"{classifications}/([^/]+)", self._delete),
            ("POST", "/v1/uploads", self._create_upload),
            ("POST", "/bucket", self._receive_upload),
            ("GET", "/v1/species", lambda _: _json({"species": [SPECIES]})),
            ("GET", "/v1/model", lambda _: _json(MODEL)),
        ]

    def _detect(self, request: ReceivedRequest) -> FakeResponse:
        species = _species(request)
        return _json(detections("r-2", species)) if species else problem(422, "unsupported-format")

    def _classify(self, request: ReceivedRequest) -> FakeResponse:
        species = _species(request)
        if not species:
            return problem(422, "unsupported-format")
        record = classification(f"id-{len(self.records)}", species)
        self.records.insert(0, record)
        return _json(record)

    def _create_upload(self, request: ReceivedRequest) -> FakeResponse:
        declared = json.loads(request.body)
        fields = {"key": "api/id-large", "Content-Type": declared["content_type"]}
        target = {
            "id": "id-large",
            "url": f"{self.url}/bucket",
            "fields": fields,
            "expires_at": CREATED_AT,
        }
        return 201, {}, json.dumps(target).encode()

    def _receive_upload(self, request: ReceivedRequest) -> FakeResponse | None:
        if self.bucket_responses:
            return self.bucket_responses.pop(0)
        *_, file = request.parts
        species = file.raw.removeprefix(JPEG).split(b" ")[0].decode()
        self.records.insert(
            0, classification("id-large", [species], source={"door": "s3", "key": "api/id-large"})
        )
        return 204, {}, b""

    def _get(self, request: ReceivedRequest, identifier: str) -> FakeResponse:
        for record in self.records:
            if record["id"] == identifier:
                return _json(record | self.progress.pop(0) if self.progress else record)
        return problem(404, "unknown-classification")

    def _set_feedback(self, request: ReceivedRequest, identifier: str) -> FakeResponse:
        for record in self.records:
            if record["id"] == identifier:
                record["feedback"] = json.loads(request.body)
        return self._get(request, identifier)

    def _delete(self, request: ReceivedRequest, identifier: str) -> FakeResponse:
        remaining = [record for record in self.records if record["id"] != identifier]
        is_found = len(remaining) < len(self.records)
        self.records = remaining
        return (204, {}, b"") if is_found else problem(404, "unknown-classification")

    def _list(self, request: ReceivedRequest) -> FakeResponse:
        records, query = self.records, request.query
        if "key" in query:
            records = [record for record in records if record["source"]["key"] == query["key"]]
        begin = int(query.get("cursor", "0"))
        end = begin + min(self.page_size, int(query["limit"]))
        cursor = str(end) if end < len(records) else None
        return _json({"classifications": records[begin:end], "next_cursor": cursor})


def _species(request: ReceivedRequest) -> list[str]:
    """Return the species of the photos; an empty list if one is no photo."""
    photos = [part.raw for part in request.parts if part.name == "image"]
    if not all(each.startswith(JPEG) for each in photos):
        return []
    return [each.removeprefix(JPEG).split(b" ")[0].decode(errors="replace") for each in photos]


def _json(document: dict[str, Any]) -> FakeResponse:
    return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()


@contextmanager
def serving(api: FakeApi) -> Iterator[FakeApi]:
    class FakeHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_request(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = api.respond(ReceivedRequest(self.command, self.path, headers, body))
            if response is None:
                self.close_connection = True
                return
            status, more, content = response
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = handle_request  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeHandler)
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
