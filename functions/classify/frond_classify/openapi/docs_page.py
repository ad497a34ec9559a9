"""The page that renders the OpenAPI document, with Swagger UI in files of its own.

A file's name holds a digest of its content, so that a browser loads it once.
"""

import hashlib
import html
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from aws_lambda_powertools.event_handler.openapi import swagger_ui

_OWN_STYLE = Path(__file__).parent / "docs.css"
# Swagger UI has no heading between the page's and those of the groups, and no name for its choice of servers.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Frond API</title>
<link rel="stylesheet" href="{style}">
</head>
<body>
<main id="swagger-ui">Loading …</main>
<script src="{script}"></script>
<script>
SwaggerUIBundle({{...{options}, onComplete: () => {{
  document.getElementById("servers")?.setAttribute("aria-label", "Server");
  const calls = Object.assign(document.createElement("h2"), {{className: "calls", textContent: "Calls"}});
  document.querySelector(".opblock-tag-section")?.closest(".wrapper")?.before(calls);
}}}});
</script>
</body>
</html>
"""


@dataclass(frozen=True)
class DocsFile:
    """A file of Swagger UI.

    Attributes
    ----------
    name
        Its name, with a digest of the content.
    content_type
        Its media type.
    content
        Its text.
    """

    name: str
    content_type: str
    content: str


@cache
def docs_page(base_path: str = "/") -> str:
    """Return the page, for an API whose paths start at ``base_path``."""
    base = base_path.rstrip("/")
    script, style = (html.escape(f"{base}/docs/{name}") for name in docs_files())
    options = {
        "url": f"{base}/openapi.json",
        "dom_id": "#swagger-ui",
        "deepLinking": False,  # its links lie inside buttons
        "filter": True,
        "persistAuthorization": True,
    }
    # A script in HTML ends at the first "</", even inside a string.
    return _PAGE.format(script=script, style=style, options=json.dumps(options).replace("</", "<\\/"))


@cache
def docs_files() -> dict[str, DocsFile]:
    """Return the page's files by name: the script, then the style sheet."""
    files = (
        _read("swagger-ui-bundle.min.js", "text/javascript; charset=utf-8"),
        _read("swagger-ui.min.css", "text/css; charset=utf-8", _OWN_STYLE.read_text("utf-8")),
    )
    return {file.name: file for file in files}


def _read(name: str, content_type: str, addition: str = "") -> DocsFile:
    content = resources.files(swagger_ui).joinpath(name).read_text("utf-8") + addition
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    stem, _, suffix = name.rpartition(".min.")
    return DocsFile(f"{stem}.{digest}.{suffix}", content_type, content)
