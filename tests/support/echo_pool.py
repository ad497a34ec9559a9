"""An instance pool without instances."""

import json


class EchoPool:
    """Return each event as the body of its response."""

    def invoke(self, payload: bytes, timeout: float | None = None, *, wait: bool = True) -> bytes:
        return json.dumps({"statusCode": 200, "body": payload.decode()}).encode()
