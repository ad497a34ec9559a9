"""Log a line for each photo that the stack classifies: ``zea-mays.jpg → Maize 99.6 %, 36 ms``."""

import base64
import binascii
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.s3.models import S3Backend

from local.runtimes.pool import Pool

_CLASSIFY = re.compile(rb'\{"resource": "[^"]*", "path": "[^"]*/v1/classifications/?", "httpMethod": "POST"')
_BODY = re.compile(rb'"body": "([^"]*)')
_FILE_NAME = re.compile(rb'\bfilename="([^"\r\n]*)"')
_RESULT_KEY = re.compile(r"results/[^/]+\.json")

_log = logging.getLogger(__name__)


class PhotoLoggingPool(Pool):
    """Instances of a function whose responses to photos are logged."""

    def invoke(self, event: bytes, timeout: float | None = None, *, wait: bool = True) -> bytes:
        """Invoke the function, and log the photo of the event if it has one."""
        result = super().invoke(event, timeout, wait=wait)
        # The start of the event is enough, as `local.proxy` writes it.
        if _CLASSIFY.match(event):
            _log_response(event, result)
        return result


@contextmanager
def logged_results() -> Iterator[None]:
    """Log the results that functions write to S3 while the context is open."""
    put_object = S3Backend.put_object

    def put(
        self: S3Backend, bucket_name: str, key_name: str, value: bytes, *args: Any, **options: Any
    ) -> Any:
        stored = put_object(self, bucket_name, key_name, value, *args, **options)
        if _RESULT_KEY.fullmatch(key_name):
            document = _parse(value)
            _log.info("%s", describe((document.get("source") or {}).get("key") or key_name, document))
        return stored

    with patch.object(S3Backend, "put_object", put):
        yield


def describe(photo: str, document: dict[str, Any]) -> str:
    """Return the line of a photo.

    Parameters
    ----------
    photo
        Name of its file, or key of its object.
    document
        Classification, or problem details.
    """
    predictions = [
        f"{each.get('common_name') or each.get('scientific_name')} {each.get('confidence', 0):.1%}".replace(
            "%", " %"
        )
        for each in document.get("predictions") or []
    ]
    duration = (document.get("timings_ms") or {}).get("total")
    after = f", {duration:.0f} ms" if isinstance(duration, int | float) else ""
    return f"{_printable(photo)} → {_outcome(document, predictions)}{after}"


def _outcome(document: dict[str, Any], predictions: list[str]) -> str:
    verdict = document.get("verdict")
    if verdict == "identified" and predictions:
        return predictions[0]
    if verdict == "uncertain":
        return " or ".join(["uncertain:", *predictions[:2]]).replace(": or", ":")
    if verdict:
        return str(verdict).replace("_", " ")
    problem = document.get("error") or document
    return f"refused: {problem.get('title', 'no reason was given')}"


def _log_response(event: bytes, result: bytes) -> None:
    response = _parse(result)
    document = _parse(response.get("body") or "")
    # A rejected request that never reached a photo, such as one with an unknown parameter, has no line.
    if document.get("predictions") is not None or document.get("status") in {413, 415, 422}:
        _log.info("%s", describe(", ".join(_file_names(event)) or "a photo", document))


def _file_names(event: bytes) -> list[str]:
    """Return the names of the files in a multipart body."""
    body = _BODY.search(event)
    if body is None:
        return []
    try:
        content = base64.b64decode(body[1], validate=True)
    except binascii.Error:
        return []
    return [name.decode(errors="replace") for name in _FILE_NAME.findall(content) if name]


def _parse(text: str | bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _printable(text: str) -> str:
    """Return a text without control characters: a file name must not move the cursor."""
    return "".join(each if each.isprintable() else "?" for each in text)
