"""Put Mermaid's script into the site, on the pages that have a diagram."""

import hashlib
import os
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

# Mermaid 11.16.0, `dist/mermaid.min.js` as its authors publish it.
SHA256 = "74d7c46dabca328c2294733910a8aa1ed0c37451776e8d5295da38a2b758fb9b"
ADDRESS = "assets/mermaid.min.js"


def on_files(found: Files, config: MkDocsConfig) -> Files:
    """Add the script to the site's files."""
    found.append(File.generated(config, ADDRESS, content=_script()))
    return found


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Load the script before the theme's own, which would fetch one from a server instead."""
    del config
    if '<pre class="mermaid">' not in output:
        return output
    depth = page.url.count("/")
    return output.replace("</head>", f'<script src="{"../" * depth}{ADDRESS}"></script></head>', 1)


def _script() -> bytes:
    """Return the script, from the package `mermaidx` or from the file that MERMAID_JS names."""
    if path := os.environ.get("MERMAID_JS"):
        return Path(path).read_bytes()
    try:
        # The package itself is not imported: it needs others that are not installed.
        found = distribution("mermaidx").locate_file("mermaidx/assets/mermaid.js")
    except PackageNotFoundError as error:
        raise PluginError("Mermaid is not installed; `make docs` sets it up.") from error
    script = Path(str(found)).read_bytes()
    if hashlib.sha256(script).hexdigest() != SHA256:
        raise PluginError("mermaidx holds another script than Mermaid 11.16.0; see docs/_site/mermaid.py.")
    return script
