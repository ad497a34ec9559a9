"""`/` and `/static/…`: the web page in one answer, and the files it needs to be an app."""

import base64
import hashlib
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from frond.problems import UnknownPath
from frond_classify.app import current_app
from frond_classify.http.responses import image_response, response_with_etag

STATIC = Path(__file__).parent.parent / "static"
STYLE_TAG = re.compile(r'<link rel="stylesheet" href="([a-z]+\.css)">')
SCRIPT_TAG = re.compile(r'<script src="([a-z/]+\.js)" defer></script>')
WORKER = "worker.js"
MANIFEST = "manifest.webmanifest"
PNG_NAME = re.compile(rb'"(icon[a-z0-9-]*\.png)"')
WORKER_VERSION = b"{{version}}"
PNG = "image/png"
A_DAY = "public, max-age=86400"
ASK_FIRST = "no-cache"

router = Router()


@dataclass(frozen=True)
class StaticFile:
    """How a file of the page is served.

    Attributes
    ----------
    content_type
        Its media type.
    cache_control
        How long a browser may use it without asking.
    """

    content_type: str
    cache_control: str = A_DAY


STATIC_FILES = {
    MANIFEST: StaticFile("application/manifest+json", ASK_FIRST),
    WORKER: StaticFile("text/javascript; charset=utf-8", ASK_FIRST),
    "icon.svg": StaticFile("image/svg+xml"),
    "icon-192.png": StaticFile(PNG),
    "icon-512.png": StaticFile(PNG),
    "icon-maskable-512.png": StaticFile(PNG),
    "apple-touch-icon.png": StaticFile(PNG),
}


@router.get("/", include_in_schema=False)
def page() -> Response[str]:
    """Return the page with its styles and scripts inside, and a policy that lets nothing else in."""
    html, policy = _page()
    headers: dict[str, str | list[str]] = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": ASK_FIRST,
    }
    return Response(200, content_type="text/html; charset=utf-8", headers=headers, body=html)


# Its bytes are no JSON, which is what answers are validated as.
@router.get("/static/<name>", include_in_schema=False, enable_validation=False)
def static(name: str) -> Response[Any]:
    """Return one of the page's own files, or only its tag to whoever has it already.

    Raises
    ------
    frond.problems.UnknownPath
        No such file, or none that is for the public.
    frond.problems.NotAcceptable
        A picture, and a client that would not get its bytes.
    """
    file = STATIC_FILES.get(name)
    if file is None:
        raise UnknownPath
    headers: dict[str, str | list[str]] = {
        "Cache-Control": file.cache_control,
        "X-Content-Type-Options": "nosniff",
    }
    if name == WORKER:
        # It works for the page too, which is a folder above it.
        headers["Service-Worker-Allowed"] = "../"
    content = _content(name)
    if file.content_type == PNG:
        return image_response(router.current_event, content, file.content_type, headers)
    return response_with_etag(router.current_event, content.decode(), file.content_type, headers)


@cache
def _content(name: str) -> bytes:
    content = (STATIC / name).read_bytes()
    if name == WORKER:
        return content.replace(WORKER_VERSION, _version().encode())
    if name == MANIFEST:
        return PNG_NAME.sub(lambda found: _inline(found[1].decode()), content)
    return content


def _inline(name: str) -> bytes:
    """Return a PNG file as a URL that holds it.

    The gateway sends bytes only to those whose `Accept` begins with a type that it lists as binary.
    Browsers begin with whatever is newest (Chromium 156 with image/jxl), and others with anything.
    """
    return b'"data:image/png;base64,' + base64.b64encode((STATIC / name).read_bytes()) + b'"'


@cache
def _version() -> str:
    """Return what changes whenever the page or one of its files does."""
    parts = ["".join(_page()).encode(), *((STATIC / name).read_bytes() for name in sorted(STATIC_FILES))]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]


@cache
def _page() -> tuple[str, str]:
    """Return the page and its policy."""
    html = (STATIC / "index.html").read_text("utf-8")
    styles, scripts = (
        {name: (STATIC / name).read_text("utf-8") for name in tag.findall(html)}
        for tag in (STYLE_TAG, SCRIPT_TAG)
    )
    html = STYLE_TAG.sub(lambda found: f"<style>{styles[found[1]]}</style>", html)
    html = SCRIPT_TAG.sub(lambda found: f"<script>{scripts[found[1]]}</script>", html)
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_fingerprints(scripts)}",
            f"style-src {_fingerprints(styles)}",
            "img-src 'self' blob: data:",
            f"connect-src 'self' {_uploads()}".rstrip(),
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
    return html, policy


def _uploads() -> str:
    """Return where the page may send large photos: the bucket's addresses, or those of another S3."""
    bucket, region = current_app().settings.uploads_bucket, os.environ.get("AWS_REGION", "")
    if not bucket:
        return ""
    if elsewhere := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
        return elsewhere
    return f"https://{bucket}.s3.{region}.amazonaws.com https://{bucket}.s3.amazonaws.com"


def _fingerprints(blocks: dict[str, str]) -> str:
    """Return the source expressions that allow these very inline blocks (CSP level 3, section 2.3.1)."""
    digests = (hashlib.sha256(text.encode()).digest() for text in blocks.values())
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
