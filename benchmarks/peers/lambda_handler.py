"""A minimal Lambda handler around a peer, which loads everything when it is imported."""

import base64
import json
from typing import Any

from benchmarks.peers.loading import load

peer = load()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Handle a proxy event of API Gateway."""
    top = peer.classify(base64.b64decode(event["body"]))
    body = {"predictions": [{"species": name, "confidence": number} for name, number in top]}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
