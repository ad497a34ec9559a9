"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Bucket = Annotated[
    str | None,
    typer.Option(envvar="FROND_MODELS_BUCKET", help="The registry's bucket, or its s3:// URI."),
]
Local = Annotated[bool, typer.Option("--local", help="Use the registry of the local stack (`make serve`).")]
By = Annotated[str | None, typer.Option(help="Your name for the history; by default your AWS identity.")]
Why = Annotated[str | None, typer.Option(help="Reason, for the history.")]
Task = Annotated[str, typer.Option(help="classification, or detection for the channels of detectors.")]
CalibrationLogits = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Logits of photos that their network was not trained on, to calibrate on: a predictions.csv, "
        "or an .npz with photos, logits, labels. May be repeated. By default the validation photos.",
    ),
]
MatchLogitScale = Annotated[
    bool,
    typer.Option(
        "--match-logit-scale/--keep-logit-scale",
        help="Scale those logits to the model's, by the validation photos of both; keep them if the model "
        "was trained on its validation photos, too.",
    ),
]
CalibrationOf = Annotated[
    Path | None,
    typer.Option(
        metavar="MODEL",
        help="Folder of an earlier model whose temperatures to take over, for one that learned to be "
        "consistent with it.",
    ),
]
