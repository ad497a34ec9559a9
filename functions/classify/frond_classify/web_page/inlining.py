"""Inline the page's styles and modules into its HTML, under a policy that allows nothing else."""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from frond_classify.web_page.bundle import bundle

INDEX = "index.html"
STYLE_TAG = re.compile(r'<link rel="stylesheet" href="([a-z-]+\.css)">')
SCRIPT_TAG = re.compile(r'<script type="module" src="([a-z-]+\.js)"></script>')


@dataclass(frozen=True)
class InlinedPage:
    """The page in one response.

    Attributes
    ----------
    html
        The document.
    content_security_policy
        The header that allows its inline blocks by their hashes, and nothing from elsewhere.
    """

    html: str
    content_security_policy: str


def inline_page(folder: Path, connect_origins: str) -> InlinedPage:
    """Build the page.

    Parameters
    ----------
    folder
        Where ``index.html``, the styles and the modules are.
    connect_origins
        The origins that the page may call beside its own, separated by spaces.

    Raises
    ------
    frond_classify.web_page.bundle.BundleError
        A module cannot be bundled.
    """
    html = (folder / INDEX).read_text("utf-8")
    styles = {name: (folder / name).read_text("utf-8") for name in STYLE_TAG.findall(html)}
    scripts = {name: bundle(folder, name) for name in SCRIPT_TAG.findall(html)}
    html = STYLE_TAG.sub(lambda tag: f"<style>{styles[tag[1]]}</style>", html)
    html = SCRIPT_TAG.sub(lambda tag: f'<script type="module">{scripts[tag[1]]}</script>', html)
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            f"style-src {_hashes(styles)}",
            "img-src 'self' blob: data:",
            f"connect-src 'self' {connect_origins}".rstrip(),
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
    return InlinedPage(html, policy)


def _hashes(blocks: dict[str, str]) -> str:
    """Return the hash sources of inline blocks (CSP level 3, section 2.3.1)."""
    digests = (hashlib.sha256(text.encode()).digest() for text in blocks.values())
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
