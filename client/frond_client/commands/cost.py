"""The command `frond cost`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

# The groups of options in `--help`.
_PHOTOS = "Photos"
_FUNCTIONS = "Functions"
_RETENTION = "Retention, in days"
_PRICES = "Prices and output"


def cost(
    photos: Annotated[
        float, typer.Option(min=1, help="Photos per month; 1e6 is a million.", rich_help_panel=_PHOTOS)
    ] = 1e6,
    via: Annotated[
        Literal["http", "s3", "both"],
        typer.Option(help="Through the HTTP API or S3 uploads.", rich_help_panel=_PHOTOS),
    ] = "both",
    photo: Annotated[
        Literal["small", "large"],
        typer.Option(help="The measured photo: 224 px, or 12 MP.", rich_help_panel=_PHOTOS),
    ] = "large",
    photo_bytes: Annotated[
        int | None,
        typer.Option(min=1, help="Size of a photo; by default as measured.", rich_help_panel=_PHOTOS),
    ] = None,
    response_bytes: Annotated[
        int | None,
        typer.Option(
            min=1, help="Size of an HTTP response; by default as measured.", rich_help_panel=_PHOTOS
        ),
    ] = None,
    log_bytes: Annotated[
        int | None,
        typer.Option(min=1, help="Size of a photo's logs; by default as measured.", rich_help_panel=_PHOTOS),
    ] = None,
    memory: Annotated[
        int,
        typer.Option(
            metavar="MB",
            help="Memory of each function; one of the measured sizes.",
            rich_help_panel=_FUNCTIONS,
        ),
    ] = 1769,
    arch: Annotated[
        Literal["x86_64", "arm64"],
        typer.Option(help="The functions' architecture.", rich_help_panel=_FUNCTIONS),
    ] = "x86_64",
    cold_starts: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of calls with a cold start.", rich_help_panel=_FUNCTIONS),
    ] = 0.01,
    batch: Annotated[
        float, typer.Option(min=1, max=10, help="Photos per batch of the worker.", rich_help_panel=_FUNCTIONS)
    ] = 10,
    recorded: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Share of HTTP requests with record=true.", rich_help_panel=_FUNCTIONS
        ),
    ] = 1,
    busy_hours: Annotated[
        float,
        typer.Option(
            min=0.1, max=24, help="Hours per day in which photos arrive.", rich_help_panel=_FUNCTIONS
        ),
    ] = 24,
    traces: Annotated[
        bool, typer.Option("--traces/--no-traces", help="Whether X-Ray traces.", rich_help_panel=_FUNCTIONS)
    ] = False,
    all_alarms: Annotated[
        bool, typer.Option("--all-alarms", help="Alarms=All.", rich_help_panel=_FUNCTIONS)
    ] = False,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Dashboard=true.", rich_help_panel=_FUNCTIONS)
    ] = False,
    detailed_metrics: Annotated[
        bool, typer.Option("--detailed-metrics", help="Metrics=detailed.", rich_help_panel=_FUNCTIONS)
    ] = False,
    firewall: Annotated[
        bool, typer.Option("--firewall", help="Firewall=true.", rich_help_panel=_FUNCTIONS)
    ] = False,
    provisioned: Annotated[
        int,
        typer.Option(
            min=0,
            help="ProvisionedConcurrency; its cheaper calls are not counted.",
            rich_help_panel=_FUNCTIONS,
        ),
    ] = 0,
    data_key: Annotated[
        bool,
        typer.Option(
            "--data-key", help="DataKeyArn; its few calls are not counted.", rich_help_panel=_FUNCTIONS
        ),
    ] = False,
    backup: Annotated[
        bool, typer.Option("--backup/--no-backup", help="RecordsBackup.", rich_help_panel=_RETENTION)
    ] = True,
    image_mb: Annotated[
        float, typer.Option(min=0, help="Size of the container image.", rich_help_panel=_FUNCTIONS)
    ] = 172,
    upload_days: Annotated[
        int, typer.Option(min=1, help="UploadRetentionDays of the stack.", rich_help_panel=_RETENTION)
    ] = 7,
    old_version_days: Annotated[
        int, typer.Option(min=1, help="OldVersionRetentionDays.", rich_help_panel=_RETENTION)
    ] = 1,
    picture_days: Annotated[
        int, typer.Option(min=1, help="PictureRetentionDays.", rich_help_panel=_RETENTION)
    ] = 30,
    result_days: Annotated[
        int, typer.Option(min=1, help="ResultRetentionDays.", rich_help_panel=_RETENTION)
    ] = 90,
    region: Annotated[
        str, typer.Option(help="A region of the price list.", rich_help_panel=_PRICES)
    ] = "us-east-1",
    free_tier: Annotated[
        bool,
        typer.Option(
            "--free-tier",
            help="Subtract AWS's always-free tier, which every account has.",
            rich_help_panel=_PRICES,
        ),
    ] = False,
    measurements: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Your own measurements.", rich_help_panel=_PRICES)
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Your own price list.", rich_help_panel=_PRICES)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=_PRICES)] = False,
) -> None:
    """Estimate the AWS bill of a month of photos, line by line, beside the prices of hosted services.

    The estimate uses dated list prices and measured durations. It needs no AWS account and no network.
    """
    import json

    from frond_client.console import output_console
    from frond_client.costs.bill import Bill, BillCalculator
    from frond_client.costs.bill_report import (
        bill_document,
        print_assumptions,
        print_bill,
        print_hosted,
    )
    from frond_client.costs.measurements import MEASUREMENTS, Measurements
    from frond_client.costs.prices import PRICES, PriceList
    from frond_client.costs.workload import Workload

    measured, price_list = Measurements.read(measurements or MEASUREMENTS), PriceList.read(prices or PRICES)
    workload = Workload(
        photos=photos,
        memory=memory,
        architecture=arch,
        kind=photo,
        cold_starts=cold_starts,
        batch=batch,
        recorded=recorded,
        busy_hours=busy_hours,
        traced=traces,
        upload_days=upload_days,
        old_version_days=old_version_days,
        picture_days=picture_days,
        result_days=result_days,
        all_alarms=all_alarms,
        dashboard=dashboard,
        detailed_metrics=detailed_metrics,
        firewall=firewall,
        provisioned=provisioned,
        data_key=data_key,
        backup=backup,
        photo_bytes=photo_bytes,
        response_bytes=response_bytes,
        log_bytes=log_bytes,
        image_mb=image_mb,
    )
    calculator = BillCalculator(workload, price_list.region(region), measured)
    bills: dict[str, Bill] = {}
    if via != "s3":
        bills["http"] = calculator.http(free_tier=free_tier)
    if via != "http":
        bills["s3"] = calculator.s3(free_tier=free_tier)
    if as_json:
        document = bill_document(bills, workload, price_list, region, measured)
        typer.echo(json.dumps(document, indent=2))
        return
    out = output_console()
    for entry, bill in bills.items():
        print_bill(out, entry, bill)
    print_hosted(out, price_list, photos)
    print_assumptions(out, workload, price_list, region, measured)
