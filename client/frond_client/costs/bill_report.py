"""Bills as tables and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from frond_client.costs.bill import Bill, LineItem
from frond_client.costs.measurements import Measurements
from frond_client.costs.prices import HostedService, PriceList
from frond_client.costs.workload import Workload

ENTRY_POINTS = {"http": "the HTTP API", "s3": "S3 uploads"}
NOT_INCLUDED = "Not included: alarms and the storage of logs, whose prices could not be confirmed, and taxes."


def bill_document(
    bills: Mapping[str, Bill], workload: Workload, prices: PriceList, region: str, measured: Measurements
) -> dict[str, Any]:
    """Return bills, assumptions and sources as JSON."""
    return {
        "region": region,
        "prices_of": prices.date.isoformat(),
        "unconfirmed_prices": prices.region(region).unconfirmed,
        "measured": measured.occasion.model_dump(mode="json"),
        "workload": asdict(workload),
        "bills": {entry: _bill_document(bill) for entry, bill in bills.items()},
        "hosted": [_hosted_document(each, workload.photos) for each in prices.hosted],
        "left_out": NOT_INCLUDED,
    }


def _bill_document(bill: Bill) -> dict[str, Any]:
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
        "dollars_per_thousand": bill.cost_of(1e3),
        "dollars_per_million": bill.cost_of(1e6),
    }


def _hosted_document(service: HostedService, photos: float) -> dict[str, Any]:
    charge = service.charge(photos)
    return {
        "name": service.name,
        "currency": service.currency,
        "least": charge and charge[0],
        "most": charge and charge[1],
        "page": str(service.page),
        "checked": service.checked.isoformat(),
    }


def print_bill(out: Console, entry: str, bill: Bill) -> None:
    """Print a bill line by line, with its total and its cost per photo."""
    table = Table(
        title=f"{bill.photos:,.0f} photos a month through {ENTRY_POINTS[entry]}", title_justify="left"
    )
    table.add_column("service", no_wrap=True)
    table.add_column("item", overflow="fold")
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
        f"${bill.cost_of(1e6):,.2f} a million, {100 * bill.cost_of(1e3):,.3g} cents a thousand; compute "
        f"alone ${bill.compute * 1e6 / bill.photos:,.2f} a million. {', '.join(shares[:4])}.\n"
    )


def print_hosted(out: Console, prices: PriceList, photos: float) -> None:
    """Print the prices of hosted services for the same number of photos."""
    table = Table(title="Hosted services, for the same number of photos", title_justify="left")
    for heading in ("service", "a month", "published at"):
        table.add_column(heading, overflow="fold")
    for service in prices.hosted:
        table.add_row(service.name, _charge(service, photos), f"{service.page} ({service.checked})")
    out.print(table)


def print_assumptions(
    out: Console, workload: Workload, prices: PriceList, region: str, measured: Measurements
) -> None:
    """Print the assumptions and sources of the bills."""
    photo, benchmark = measured.photos[workload.kind], measured.occasion
    out.print(
        f"\nAssumed: {workload.memory} MB, {workload.architecture}; photos of {photo.width} × {photo.height} "
        f"pixels and {(workload.photo_bytes or photo.bytes) / 1e6:.2g} MB; {workload.cold_starts:.1%} cold "
        f"starts; {workload.batch:g} photos a batch; {workload.recorded:.0%} of HTTP requests recorded; "
        f"{workload.busy_hours:g} busy hours a day; photos stored {workload.upload_days} and "
        f"{workload.old_version_days} days, pictures {workload.picture_days}, results "
        f"{workload.result_days}; traces {'on' if workload.traced else 'off'}. Earlier months were the same."
    )
    out.print(
        f"Durations and sizes: measured {benchmark.date} on {benchmark.machine} ({benchmark.architecture}), "
        "with the local S3 and DynamoDB. They do not include the time that Lambda takes to load an image."
        + (f" Corrected: {benchmark.note}." if benchmark.note else "")
    )
    if workload.architecture != benchmark.architecture:
        out.print(f"The durations on {workload.architecture} were not measured.")
    unconfirmed = prices.region(region).unconfirmed
    out.print(
        f"Prices: {region}, {prices.date}, on demand. AWS's own pages did not confirm "
        f"{len(unconfirmed)} of them: {', '.join(unconfirmed)}."
    )
    out.print(NOT_INCLUDED)


def _quantity(item: LineItem) -> str:
    """Return a quantity, with the part in the free tier."""
    digits = 0 if item.quantity >= 100 else 2
    free = f" ({item.free:,.{digits}f} free)" if item.free else ""
    return f"{item.quantity:,.{digits}f}{free}"


def _charge(service: HostedService, photos: float) -> str:
    charge = service.charge(photos)
    if charge is None:
        return f"not published beyond {service.free_per_day:,} a day"
    least, most = charge
    if not most:
        return f"free, up to {service.free_per_day:,} a day"
    return f"{least:,.2f} to {most:,.2f} {service.currency}"
