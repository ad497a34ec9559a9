"""The `detect gpu-kit` commands."""

from pathlib import Path
from typing import Annotated

import typer

gpu_kit = typer.Typer(
    no_args_is_help=True,
    help="Train a whole detector on a machine with a GPU that has neither TensorFlow nor network.",
)


@gpu_kit.command()
def pack(
    named: Annotated[list[Path], typer.Argument(help="Data sets from `training prepare`, of the classes.")],
    scenes: Annotated[
        Path, typer.Option(help="The scenes composed of them, from `training detect prepare`.")
    ],
    kit: Annotated[Path, typer.Option(help="Folder of the kit.")],
    unnamed: Annotated[
        list[Path] | None,
        typer.Option(metavar="DATASET", help="A data set whose plants have no class; may be repeated."),
    ] = None,
    weights: Annotated[
        str, typer.Option(help="Xception's: imagenet, a file of the same layout, or a run's best weights.")
    ] = "imagenet",
    seed: Annotated[int, typer.Option(help="Of the plants that are cut out.")] = 1,
) -> None:
    """Pack cut-outs, bare ground, validation scenes and weights; test photos stay here."""
    from training.start_tensorflow import start_tensorflow

    start_tensorflow()
    from training.detection.accelerator.pack_scenes import pack_scenes
    from training.detection.detection_dataset import DetectionDataset
    from training.detection.scene_config import SceneConfig

    prepared = DetectionDataset(scenes)
    size = pack_scenes(named, unnamed or [], prepared, weights, kit, SceneConfig(), seed)
    typer.echo(
        f"{kit}: {size / 1e6:.1f} MB. Copy it to the machine with the GPU, with the folder `training`, and "
        "run there: python3 -m training.detection.accelerator KIT OUT"
    )


@gpu_kit.command()
def unpack(
    networks: Annotated[Path, typer.Argument(help="The folder that came back, or pieces of its files.")],
    name: Annotated[str, typer.Argument(help="The network: xception or five_convolutions.")],
    kit: Annotated[Path, typer.Argument(help="The kit that it was trained with.")],
    dataset: Annotated[
        Path, typer.Argument(help="The scenes of the kit; they may be prepared at another size.")
    ],
    run: Annotated[Path, typer.Argument(help="Folder of the run, for `export`.")],
) -> None:
    """Make a run of a detector that came back, as `fit` would have written it."""
    from training.start_tensorflow import start_tensorflow

    start_tensorflow()
    from training.detection.accelerator.unpack_detector import unpack_detector
    from training.detection.detection_dataset import DetectionDataset
    from training.detection.detector_run import DetectorRun

    unpack_detector(networks, name, kit, DetectionDataset(dataset), DetectorRun(run))
    typer.echo(f"{run}: `training detect export` makes a detector of it.")
