"""`/`: the web page, in one answer."""

import base64
import hashlib
import os
from functools import cache
from pathlib import Path

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router

from configuration import configuration

STATIC = Path(__file__).parent.parent / "static"
STYLE_TAG = '<link rel="stylesheet" href="page.css">'
SCRIPT_TAG = '<script src="page.js" defer></script>'

router = Router()


@router.get("/", include_in_schema=False)
def page() -> Response[str]:
    """Return the page with its style and script inside, and a policy that lets nothing else in."""
    html, policy = _page()
    headers: dict[str, str | list[str]] = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return Response(200, content_type="text/html; charset=utf-8", headers=headers, body=html)


@cache
def _page() -> tuple[str, str]:
    html, css, js = ((STATIC / name).read_text("utf-8") for name in ("index.html", "page.css", "page.js"))
    whole = html.replace(STYLE_TAG, f"<style>{css}</style>").replace(SCRIPT_TAG, f"<script>{js}</script>")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_fingerprint(js)}'",
            f"style-src '{_fingerprint(css)}'",
            "img-src 'self' blob: data:",
            f"connect-src 'self' {_uploads()}".rstrip(),
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
    return whole, policy


def _uploads() -> str:
    """Return where the page may send large photos: the bucket's addresses, or those of another S3."""
    bucket, region = configuration().uploads_bucket, os.environ.get("AWS_REGION", "")
    if not bucket:
        return ""
    if elsewhere := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
        return elsewhere
    return f"https://{bucket}.s3.{region}.amazonaws.com https://{bucket}.s3.amazonaws.com"


def _fingerprint(text: str) -> str:
    """Return the source expression that allows this very inline block (CSP level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
