"""What a month of photos costs."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def cost(
    photos: Annotated[float, typer.Option(min=1, help="Photos a month; 1e6 is a million.")] = 1e6,
    door: Annotated[Literal["http", "s3", "both"], typer.Option(help="How they come.")] = "both",
    memory: Annotated[
        int, typer.Option(metavar="MB", help="Each function's; a size that was measured.")
    ] = 1769,
    arch: Annotated[Literal["x86_64", "arm64"], typer.Option(help="The functions' processor.")] = "x86_64",
    region: Annotated[str, typer.Option(help="One that the table of prices has.")] = "us-east-1",
    free_tier: Annotated[
        bool, typer.Option("--free-tier", help="Take off what AWS gives every account each month, for good.")
    ] = False,
    photo: Annotated[
        Literal["small", "large"], typer.Option(help="Like which photo that was measured: 224 px, or 12 MP.")
    ] = "large",
    photo_bytes: Annotated[
        int | None, typer.Option(min=1, help="Of a photo; by default as measured.")
    ] = None,
    answer_bytes: Annotated[
        int | None, typer.Option(min=1, help="Of an HTTP answer; by default as measured.")
    ] = None,
    log_bytes: Annotated[
        int | None, typer.Option(min=1, help="Logged for a photo; by default as measured.")
    ] = None,
    cold: Annotated[float, typer.Option(min=0, max=1, help="Share of calls that start a function.")] = 0.01,
    batch: Annotated[float, typer.Option(min=1, max=10, help="Photos in a batch of the S3 door.")] = 10,
    kept: Annotated[float, typer.Option(min=0, max=1, help="Share of HTTP answers that are kept.")] = 1,
    busy_hours: Annotated[
        float, typer.Option(min=0.1, max=24, help="Hours a day in which photos come.")
    ] = 24,
    traces: Annotated[bool, typer.Option("--traces/--no-traces", help="Whether X-Ray traces.")] = False,
    upload_days: Annotated[int, typer.Option(min=1, help="UploadRetentionDays of the stack.")] = 30,
    old_version_days: Annotated[int, typer.Option(min=1, help="OldVersionRetentionDays.")] = 30,
    picture_days: Annotated[int, typer.Option(min=1, help="PictureRetentionDays.")] = 365,
    result_days: Annotated[int, typer.Option(min=1, help="ResultRetentionDays.")] = 365,
    image_mb: Annotated[float, typer.Option(min=0, help="Of the container image.")] = 172,
    durations: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Measurements of your own.")
    ] = None,
    prices: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="A table of your own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Tell what a month of photos costs on AWS, line by line, and what hosted services charge.

    From dated list prices and from durations that were measured; needs no AWS account and asks nobody.
    """
    import json

    from frond_client.console import results
    from frond_client.costs.bill import Bill, Meter
    from frond_client.costs.measurements import MEASUREMENTS, Measurements
    from frond_client.costs.prices import PRICES, Prices
    from frond_client.costs.shown import document, show_assumptions, show_bill, show_hosted
    from frond_client.costs.workload import Workload

    measured, table = Measurements.read(durations or MEASUREMENTS), Prices.read(prices or PRICES)
    workload = Workload(
        photos=photos,
        memory=memory,
        architecture=arch,
        kind=photo,
        cold=cold,
        batch=batch,
        kept=kept,
        busy_hours=busy_hours,
        traced=traces,
        upload_days=upload_days,
        old_version_days=old_version_days,
        picture_days=picture_days,
        result_days=result_days,
        photo_bytes=photo_bytes,
        answer_bytes=answer_bytes,
        log_bytes=log_bytes,
        image_mb=image_mb,
    )
    meter = Meter(workload, table.region(region), measured)
    bills: dict[str, Bill] = {}
    if door != "s3":
        bills["http"] = meter.http(free_tier=free_tier)
    if door != "http":
        bills["s3"] = meter.s3(free_tier=free_tier)
    if as_json:
        typer.echo(json.dumps(document(bills, workload, table, region, measured), indent=2))
        return
    out = results()
    for name, bill in bills.items():
        show_bill(out, name, bill)
    show_hosted(out, table, photos)
    show_assumptions(out, workload, table, region, measured)
