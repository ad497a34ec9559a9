"""Pin the digest of AWS's base image wherever it is named: ``python -m tools.base_image sha256:…``."""

import re
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
FILES = ("template.yaml", "functions/classify/Dockerfile")
IMAGE = re.compile(r"(public\.ecr\.aws/lambda/python:3\.13)(@sha256:[0-9a-f]{64})?(?=\s)")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def pin(root: Path, digest: str) -> None:
    """Write a digest after each name of the base image.

    Raises
    ------
    ValueError
        If it is no digest.
    """
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"A digest is sha256: and 64 hexadecimal digits, not {digest!r}")
    for name in FILES:
        path = root / name
        path.write_text(IMAGE.sub(rf"\1@{digest}", path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    pin(_ROOT, sys.argv[1])
