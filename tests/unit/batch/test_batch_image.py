"""The image of the batch job: its Dockerfile copies only what its ignore file lets in."""

import re
from pathlib import PurePosixPath

from tests.conftest import ROOT

FOLDER = ROOT / "batch"


def test_everything_that_it_copies_is_let_in_and_exists() -> None:
    dockerfile = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = set(re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE))
    assert copied == let_in
    assert all((ROOT / path).exists() for path in copied)
    # The report is of no use to the job.
    assert any(PurePosixPath(line).match("model/report") for line in ignored)
