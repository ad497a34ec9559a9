"""`/` and `/static/…`: the web page in one response, and the files that make it an app."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from frond.problems import UnknownPath
from frond_classify.app import current_app
from frond_classify.http.responses import REVALIDATE, image_response, response_with_etag

if TYPE_CHECKING:
    from frond_classify.web_page.inlining import InlinedPage

STATIC = Path(__file__).parent.parent / "static"
SERVICE_WORKER = "service-worker.js"
VERSION_PLACEHOLDER = b"{{version}}"
MANIFEST = "manifest.webmanifest"
PNG_NAME = re.compile(rb'"(icon[a-z0-9-]*\.png)"')
PNG = "image/png"
JPEG = "image/jpeg"
SAMPLES = ("galium-aparine", "stellaria-media", "triticum-aestivum", "zea-mays")
ONE_DAY = "public, max-age=86400"
NO_CACHE = "no-cache"

router = Router()


@dataclass(frozen=True)
class StaticFile:
    """The headers of a file of the page.

    Attributes
    ----------
    content_type
        Its media type.
    cache_control
        For how long a browser may cache it.
    """

    content_type: str
    cache_control: str = ONE_DAY


STATIC_FILES = {
    MANIFEST: StaticFile("application/manifest+json", NO_CACHE),
    SERVICE_WORKER: StaticFile("text/javascript; charset=utf-8", NO_CACHE),
    "icon.svg": StaticFile("image/svg+xml"),
    "icon-192.png": StaticFile(PNG),
    "icon-512.png": StaticFile(PNG),
    "icon-maskable-512.png": StaticFile(PNG),
    "apple-touch-icon.png": StaticFile(PNG),
    **{f"sample-{slug}.jpg": StaticFile(JPEG) for slug in SAMPLES},
}


@router.get("/", include_in_schema=False)
def page() -> Response[str]:
    """Return the page with its styles and its script inline, and a policy that allows nothing else.

    Its addresses are relative, so that a stage without a slash at its end is redirected to one with it.
    """
    stage: str = router.current_event["requestContext"]["path"]
    if not stage.endswith("/"):
        return Response(308, headers={"Location": f"./{stage.rpartition('/')[2]}/"}, body="")
    inlined = _page(_uploads())
    headers: dict[str, str | list[str]] = {
        "Content-Security-Policy": inlined.content_security_policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        **REVALIDATE,
    }
    return response_with_etag(router.current_event, inlined.html, "text/html; charset=utf-8", headers)


# Responses are validated as JSON, which these bytes are not.
@router.get("/static/<name>", include_in_schema=False, enable_validation=False)
def static(name: str) -> Response[Any]:
    """Return a public file of the page, or 304 to a client that has it.

    Raises
    ------
    frond.problems.UnknownPath
        There is no such public file.
    frond.problems.NotAcceptable
        The file is a picture, and API Gateway would not return it to this client as bytes.
    """
    file = STATIC_FILES.get(name)
    if file is None:
        raise UnknownPath
    headers: dict[str, str | list[str]] = {
        "Cache-Control": file.cache_control,
        "X-Content-Type-Options": "nosniff",
    }
    if name == SERVICE_WORKER:
        # The page that it controls is one folder above it.
        headers["Service-Worker-Allowed"] = "../"
    content = _content(name, _uploads())
    if file.content_type in {PNG, JPEG}:
        return image_response(router.current_event, content, file.content_type, headers)
    return response_with_etag(router.current_event, content.decode(), file.content_type, headers)


@cache
def _content(name: str, connect_origins: str) -> bytes:
    """Return a public file, with its placeholders filled."""
    content = (STATIC / name).read_bytes()
    if name == SERVICE_WORKER:
        return content.replace(VERSION_PLACEHOLDER, _version(_page(connect_origins)).encode())
    if name == MANIFEST:
        return PNG_NAME.sub(lambda found: b'"' + _data_url(found[1].decode()) + b'"', content)
    return content


def _data_url(png_name: str) -> bytes:
    """Return a PNG file as a URL that contains it.

    API Gateway returns bytes only to a client whose `Accept` begins with one of its binary types.
    Browsers begin with their newest format (Chromium 156 with image/jxl), other clients with anything.
    """
    return b"data:image/png;base64," + base64.b64encode((STATIC / png_name).read_bytes())


def _version(inlined: "InlinedPage") -> str:
    """Return a fingerprint of the page and its public files."""
    texts = (inlined.html, inlined.content_security_policy)
    parts = [*map(str.encode, texts), *((STATIC / name).read_bytes() for name in sorted(STATIC_FILES))]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]


@cache
def _page(connect_origins: str) -> "InlinedPage":
    """Build the page at the first request for it."""
    from frond_classify.web_page.inlining import inline_page  # noqa: PLC0415 - a cold start for a photo needs none of it

    return inline_page(STATIC, connect_origins)


def _uploads() -> str:
    """Return where the page sends large photos; nowhere without a bucket for them."""
    app = current_app()
    return app.object_store.upload_origin if app.settings.uploads_bucket else ""
