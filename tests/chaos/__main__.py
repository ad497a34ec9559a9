"""``python -m tests.chaos``: run the chaos at any size, and print its table."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.chaos_plan import ChaosPlan
from tests.chaos.chaos_run import run_chaos
from tests.conftest import ROOT

SEED = 20261121


def main() -> int:
    """Return 0 if nothing was lost, doubled or resurrected."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--uploads", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--operators", type=int, default=2)
    parser.add_argument("--no-erasures", action="store_true", help="delete nothing through the API")
    options = parser.parse_args()
    photos = [path.read_bytes() for path in sorted((ROOT / "events" / "photos").glob("*.jpg"))]
    plan = ChaosPlan(options.seed, options.uploads, not options.no_erasures, options.operators)
    with tempfile.TemporaryDirectory(prefix="frond-chaos-") as folder:
        report = run_chaos(Path(folder), photos, plan)
    sys.stdout.write(report.table() + "\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
