"""``python -m tests.benchmarks``: measure, and print a table."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.benchmarks import s3_door
from tests.benchmarks.memory import memory
from tests.conftest import SHARED
from tests.integration.local.running import ROOT, serving

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_out = Console(soft_wrap=True)


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    photos: Annotated[int, typer.Option(min=1, help="How many photos are uploaded at once.")] = 500,
    folder: Annotated[
        Path, typer.Option(help="Where they are taken from, again and again if there are fewer.")
    ] = SHARED / "seedlings",
) -> None:
    """Upload photos to the S3 door of a local stack, and tell where the time goes."""
    if context.invoked_subcommand:
        return
    source = folder if folder.is_dir() else ROOT / "events" / "photos"
    found = sorted(path for path in source.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not found:
        _out.print(f"There are no photos in {source}.", style="red")
        sys.exit(1)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "stack"
        home.mkdir()
        shutil.copy(ROOT / "template.yaml", home)
        for name in ("functions", "layers"):
            (home / name).symlink_to(ROOT / name)
        log = Path(place) / "log"
        with serving(home / "template.yaml", log) as stack:
            s3_door.warm_up(stack, found[0])
            measured = s3_door.measure(stack, log, s3_door.spread(found, photos))
    _out.print(measured.table())
    _out.print(measured.summary())
    sys.exit(0 if measured.complete else 1)


app.command()(memory)


if __name__ == "__main__":
    app(prog_name="python -m tests.benchmarks")
