"""Bills as a person reads them, and as programs do."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from frond_client.costs.bill import Bill, Line
from frond_client.costs.measurements import Measurements
from frond_client.costs.prices import Hosted, Prices
from frond_client.costs.workload import Workload

DOORS = {"http": "HTTP", "s3": "S3"}
LEFT_OUT = "Left out: alarms and the storage of logs, whose prices could not be found, and taxes."


def document(
    bills: Mapping[str, Bill], workload: Workload, prices: Prices, region: str, measured: Measurements
) -> dict[str, Any]:
    """Return everything, for programs."""
    return {
        "region": region,
        "prices_of": prices.date.isoformat(),
        "unconfirmed_prices": prices.region(region).unconfirmed,
        "measured": measured.occasion.model_dump(mode="json"),
        "workload": asdict(workload),
        "bills": {door: _bill(bill) for door, bill in bills.items()},
        "hosted": [_hosted(each, workload.photos) for each in prices.hosted],
        "left_out": LEFT_OUT,
    }


def _bill(bill: Bill) -> dict[str, Any]:
    return {
        "lines": [
            {
                "service": line.service,
                "item": line.item,
                "quantity": line.quantity,
                "free": line.free,
                "unit": line.price.per,
                "unit_dollars": line.price.dollars,
                "dollars": line.dollars,
            }
            for line in bill.lines
        ],
        "dollars": bill.dollars,
        "compute_dollars": bill.compute,
        "dollars_by_service": bill.services,
        "dollars_per_thousand": bill.each(1e3),
        "dollars_per_million": bill.each(1e6),
    }


def _hosted(service: Hosted, photos: float) -> dict[str, Any]:
    charge = service.charge(photos)
    return {
        "name": service.name,
        "currency": service.currency,
        "least": charge and charge[0],
        "most": charge and charge[1],
        "page": str(service.page),
        "checked": service.checked.isoformat(),
    }


def show_bill(out: Console, door: str, bill: Bill) -> None:
    """Print a bill line by line, and what it comes to."""
    table = Table(title=f"{bill.photos:,.0f} photos a month through {DOORS[door]}", title_justify="left")
    table.add_column("service", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("quantity", justify="right", no_wrap=True)
    table.add_column("$", justify="right", no_wrap=True)
    for line in bill.lines:
        table.add_row(line.service, line.item, _quantity(line), f"{line.dollars:,.2f}")
    table.add_section()
    table.add_row("", "compute (Lambda) alone", "", f"{bill.compute:,.2f}")
    table.add_row("", "total", "", f"{bill.dollars:,.2f}")
    out.print(table)
    shares = [f"{service} {dollars / bill.dollars:.0%}" for service, dollars in bill.services.items()]
    out.print(
        f"${bill.each(1e6):,.2f} a million, {100 * bill.each(1e3):,.3g} cents a thousand; compute alone "
        f"${bill.compute * 1e6 / bill.photos:,.2f} a million. {', '.join(shares[:4])}.\n"
    )


def show_hosted(out: Console, prices: Prices, photos: float) -> None:
    """Print what hosted services charge for as many photos."""
    table = Table(title="Hosted services, for as many", title_justify="left")
    for heading in ("service", "a month", "published at"):
        table.add_column(heading, overflow="fold")
    for service in prices.hosted:
        table.add_row(service.name, _charge(service, photos), f"{service.page} ({service.checked})")
    out.print(table)


def show_assumptions(
    out: Console, workload: Workload, prices: Prices, region: str, measured: Measurements
) -> None:
    """Print what the bills rest on."""
    photo, occasion = measured.photos[workload.kind], measured.occasion
    out.print(
        f"\nAssumed: {workload.memory} MB, {workload.architecture}; photos of {photo.width} × {photo.height} "
        f"pixels and {(workload.photo_bytes or photo.bytes) / 1e6:.2g} MB; {workload.cold:.1%} of calls "
        f"start a function; {workload.batch:g} photos a batch; {workload.kept:.0%} of HTTP answers kept; "
        f"{workload.busy_hours:g} busy hours a day; photos kept {workload.upload_days} and "
        f"{workload.old_version_days} days, pictures {workload.picture_days}, results "
        f"{workload.result_days}; traces {'on' if workload.traced else 'off'}. Months before were the same."
    )
    out.print(
        f"Durations and sizes: measured {occasion.date} on {occasion.machine} ({occasion.architecture}), "
        "with the local S3 and DynamoDB; what Lambda takes to load an image is not among them."
    )
    if workload.architecture != occasion.architecture:
        out.print(f"It is not known how long the functions take on {workload.architecture}.")
    unconfirmed = prices.region(region).unconfirmed
    out.print(
        f"Prices: {region}, {prices.date}, on demand. {len(unconfirmed)} of them could not be read on AWS's "
        f"own pages: {', '.join(unconfirmed)}."
    )
    out.print(LEFT_OUT)


def _quantity(line: Line) -> str:
    """Return a quantity; what is free of it stands beside it."""
    digits = 0 if line.quantity >= 100 else 2
    free = f" ({line.free:,.{digits}f} free)" if line.free else ""
    return f"{line.quantity:,.{digits}f}{free}"


def _charge(service: Hosted, photos: float) -> str:
    charge = service.charge(photos)
    if charge is None:
        return f"not published beyond {service.free_per_day:,} a day"
    least, most = charge
    if not most:
        return f"free, up to {service.free_per_day:,} a day"
    return f"{least:,.2f} to {most:,.2f} {service.currency}"
