"""The `detect` commands: find plants, as boxes with a class."""

import os
from pathlib import Path
from typing import Annotated

import typer

from training.commands.detect_kit import gpu_kit

app = typer.Typer(no_args_is_help=True, help="Train a detector, which finds the plants of a photo.")
app.add_typer(gpu_kit, name="gpu-kit")

Workers = Annotated[int, typer.Option(min=1, help="Number of worker processes.")]
CORES = os.cpu_count() or 1


@app.command()
def prepare(
    source: Annotated[
        Path, typer.Argument(help="A folder of photos, with a Pascal VOC file for each or one COCO file.")
    ],
    dataset: Annotated[Path, typer.Argument(help="Folder to create.")],
    coco: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read this COCO file instead of Pascal VOC files.")
    ] = None,
    size: Annotated[
        int,
        typer.Option(
            min=64, max=1024, help="Height and width of the network's input, pixels; a multiple of 16."
        ),
    ] = 384,
    species: Annotated[
        Path | None, typer.Option(help="Species table (CSV); the built-in one by default.")
    ] = None,
    validation: Annotated[
        float, typer.Option(min=0.01, max=0.49, help="Share of photos in the validation split.")
    ] = 0.15,
    test: Annotated[
        float, typer.Option(min=0.01, max=0.49, help="Share of photos in the test split.")
    ] = 0.15,
    seed: Annotated[int, typer.Option(help="The same seed gives the same split.")] = 1,
    workers: Workers = CORES,
    licence: Annotated[str | None, typer.Option(help="License of the photos, for the data card.")] = None,
    attribution: Annotated[str | None, typer.Option(help="Authors of the photos, for the data card.")] = None,
    near_duplicate_bits: Annotated[
        int, typer.Option(min=0, max=128, help="Photos whose hashes differ in no more stay in one split.")
    ] = 48,
    voc_copy: Annotated[
        Path | None,
        typer.Option("--write-voc", metavar="FOLDER", help="Also write the boxes as Pascal VOC files."),
    ] = None,
    coco_copy: Annotated[
        Path | None, typer.Option("--write-coco", metavar="FILE", help="Also write the boxes as a COCO file.")
    ] = None,
) -> None:
    """Prepare annotated photos: pictures, boxes, splits and a data card."""
    from training.data.prepare import License
    from training.data.split import SplitConfig
    from training.data.taxonomy import DEFAULT_TABLE, Taxonomy
    from training.detection.annotation_files import write_coco, write_voc
    from training.detection.annotation_source import read_annotations
    from training.detection.detection_dataset import DetectionDataset
    from training.detection.prepare import prepare as prepare_set

    card = prepare_set(
        source,
        read_annotations(source, coco),
        dataset,
        size,
        Taxonomy(species or DEFAULT_TABLE),
        SplitConfig(
            {"train": 1 - validation - test, "validation": validation, "test": test},
            seed,
            near_duplicate_bits=near_duplicate_bits,
        ),
        workers,
        License(licence, attribution),
    )
    prepared = DetectionDataset(dataset)
    if voc_copy:
        write_voc(prepared, voc_copy)
    if coco_copy:
        write_coco(prepared, coco_copy)
    typer.echo(card.markdown())


@app.command()
def compose(
    named: Annotated[
        list[Path], typer.Argument(help="Data sets from `training prepare`, whose species are the classes.")
    ],
    scenes: Annotated[Path, typer.Argument(help="Folder to create: photos and Pascal VOC files.")],
    unnamed: Annotated[
        list[Path] | None,
        typer.Option(metavar="DATASET", help="A data set whose plants have no class; may be repeated."),
    ] = None,
    train: Annotated[int, typer.Option(min=0, help="Number of training scenes.")] = 1200,
    validation: Annotated[int, typer.Option(min=0, help="Number of validation scenes.")] = 100,
    test: Annotated[int, typer.Option(min=0, help="Number of test scenes.")] = 250,
    side: Annotated[int, typer.Option(min=64, max=4096, help="The longer side of a scene, pixels.")] = 640,
    plants: Annotated[
        tuple[int, int], typer.Option(min=1, help="The least and the largest number of plants.")
    ] = (1, 14),
    scales: Annotated[
        tuple[float, float],
        typer.Option(min=0.01, max=1, help="The least and the largest share of a scene that a plant spans."),
    ] = (0.12, 0.95),
    seed: Annotated[int, typer.Option(help="The same seed gives the same scenes.")] = 1,
    workers: Workers = CORES,
) -> None:
    """Compose scenes of many plants, with exact boxes, out of photos of one plant each."""
    from training.detection.compose import compose as compose_scenes
    from training.detection.scene_config import SceneConfig

    found = compose_scenes(
        named,
        unnamed or [],
        scenes,
        {"train": train, "validation": validation, "test": test},
        SceneConfig(side, plants, scales),
        seed,
        workers,
    )
    for label, counts in found.items():
        typer.echo(f"{label}: cut out {', '.join(f'{count} {split}' for split, count in counts.items())}")


@app.command()
def fit(
    dataset: Annotated[Path, typer.Argument(help="Folder from `training detect prepare`.")],
    run: Annotated[Path, typer.Argument(help="Folder of the run; give it again to resume.")],
    backbone: Annotated[
        str, typer.Option(help="xception, mobilenet_v2, resnet50 or five_convolutions.")
    ] = "xception",
    weights: Annotated[
        str,
        typer.Option(help="The backbone's: imagenet, a file with ImageNet's or a run's weights, or none."),
    ] = "imagenet",
    learn_backbone: Annotated[
        bool,
        typer.Option(
            "--learn-backbone",
            help="Train the backbone, too, from pixels and at the same learning rate: give a lower one.",
        ),
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, help="Number of epochs.")] = 20,
    batch: Annotated[int, typer.Option(min=1, help="Photos a step on each device.")] = 16,
    learning_rate: Annotated[float, typer.Option(min=1e-6, help="Peak learning rate.")] = 3e-3,
    width: Annotated[int, typer.Option(min=8, help="Channels of the head.")] = 128,
    dropout: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of the backbone's channels left out at random.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 1,
    devices: Annotated[
        list[str] | None,
        typer.Option(help="Devices such as GPU:0; by default all GPUs, or the CPU if there is none."),
    ] = None,
) -> None:
    """Train a detector; the same command resumes an interrupted run."""
    from training.start_tensorflow import start_tensorflow

    start_tensorflow()
    from training.detection.detection_dataset import DetectionDataset
    from training.detection.detector_run import DetectorHyperparameters, DetectorRun
    from training.detection.fit import fit as train

    chosen = DetectorHyperparameters(
        backbone=backbone,
        weights=weights,
        learn_backbone=learn_backbone,
        epochs=epochs,
        batch=batch,
        learning_rate=learning_rate,
        width=width,
        dropout=dropout,
        seed=seed,
    )
    try:
        loss = train(DetectionDataset(dataset), DetectorRun(run), chosen, devices)
    except KeyboardInterrupt:
        typer.echo("Stopped; the same command resumes after the last finished epoch.", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"Validation loss: {loss:.4f}; weights in {run}.")


@app.command()
def export(
    dataset: Annotated[Path, typer.Argument(help="The data set that the run was trained on.")],
    run: Annotated[Path, typer.Argument(help="A finished run of `training detect fit`.")],
    model: Annotated[Path, typer.Argument(help="Folder for model.tflite and manifest.json.")],
) -> None:
    """Export a detector as int8 TFLite, and choose its thresholds on the validation photos."""
    from training.start_tensorflow import start_tensorflow

    start_tensorflow()
    from training.detection.detection_dataset import DetectionDataset
    from training.detection.detector_export import export as export_model
    from training.detection.detector_run import DetectorRun

    manifest = export_model(DetectionDataset(dataset), DetectorRun(run), model)
    agreement = manifest.agreement
    typer.echo(
        f"{manifest.version}: {manifest.file.size / 1e6:.1f} MB; mAP of the validation photos "
        f"{agreement['int8_map']:.4f} in int8, {agreement['float_map']:.4f} in float."
    )


@app.command()
def evaluate(
    dataset: Annotated[Path, typer.Argument(help="A folder from `training detect prepare`.")],
    model: Annotated[Path, typer.Argument(help="Folder with model.tflite and manifest.json.")],
    split: Annotated[
        str, typer.Option(help="test, validation or train; only metrics of the test split are written.")
    ] = "test",
    worst: Annotated[int, typer.Option(min=0, help="How many photos with mistakes are printed.")] = 5,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = CORES,
) -> None:
    """Measure an exported detector through the serving code."""
    from rich.console import Console
    from rich.table import Table

    from training.data.split import as_split
    from training.detection.detection_dataset import DetectionDataset
    from training.detection.detector_evaluation import evaluate as measure

    metrics, photos = measure(DetectionDataset(dataset), model, as_split(split), threads)
    table = Table("average precision", "IoU 0.5 to 0.95", "IoU 0.5", "IoU 0.75")
    rows = {"mean over the species": metrics.scores.classes, "plants": metrics.scores.plants}
    for name, each in (rows | metrics.scores.by_class).items():
        table.add_row(name, f"{each.mean:.3f}", f"{each.at_50:.3f}", f"{each.at_75:.3f}")
    out = Console()
    out.print(table)
    out.print(
        f"{metrics.photos} photos of the {split} split with {metrics.plants} plants: precision "
        f"{metrics.precision:.3f}, recall {metrics.recall:.3f}; {metrics.named:.1%} of the plants named, "
        f"{metrics.names_right:.1%} of them rightly; {metrics.median_ms:.0f} ms a photo with {threads} "
        "threads"
    )
    for photo in photos[:worst]:
        if photo.errors:
            out.print(
                f"{photo.source}: {photo.missed} missed, {photo.false} wrong, {photo.misnamed} misnamed"
            )


@app.command()
def crop_benchmark(
    scenes: Annotated[Path, typer.Argument(help="Photos with Pascal VOC files, each of one species.")],
    detector: Annotated[Path, typer.Argument(help="Folder of a detector.")],
    classifier: Annotated[Path, typer.Argument(help="Folder of a classifier.")],
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = CORES,
) -> None:
    """Measure whether cropping to a plant helps classification, against the centre square."""
    from rich.console import Console
    from rich.table import Table

    from frond.classifier import Classifier
    from frond.detection import Detector
    from training.detection.annotation_source import read_annotations
    from training.detection.crop_benchmark import compare_crops

    measured = compare_crops(
        scenes,
        read_annotations(scenes).photos,
        Detector.load(detector, threads),
        Classifier.load(classifier, threads),
    )
    table = Table(
        "classified by", "accuracy", "identified rightly", "uncertain", "not recognised", "ms a photo"
    )
    for name, scores in measured.items():
        table.add_row(
            name,
            f"{scores.accuracy:.3f}",
            f"{scores.identified_rightly:.3f}",
            f"{scores.share('uncertain'):.3f}",
            f"{scores.share('not_recognised'):.3f}",
            f"{scores.median_ms:.0f}",
        )
    Console().print(table)
