"""The commands `frond batch submit`, `status` and `report`."""

from pathlib import Path
from typing import Annotated

import typer

batch = typer.Typer(no_args_is_help=True, help="Classify a bucket of photos on EMR Serverless.")

BatchStackName = Annotated[
    str,
    typer.Option("--stack", metavar="NAME", envvar="FROND_BATCH_STACK", help="The stack of batch.yaml."),
]
OutUrl = Annotated[str, typer.Argument(metavar="s3://BUCKET/PREFIX", help="The prefix of the results.")]


@batch.command()
def submit(
    photos: Annotated[
        str, typer.Argument(metavar="s3://BUCKET/PREFIX", help="The photos, in a folder for each label.")
    ],
    out: Annotated[str, typer.Option(metavar="s3://BUCKET/PREFIX", help="A prefix for the results.")],
    max_dollars: Annotated[
        float, typer.Option(min=0.01, help="The job is not started, or cancelled, before it costs more.")
    ] = 10.0,
    features: Annotated[bool, typer.Option("--features", help="Compute the 2,048 features, too.")] = False,
    region: Annotated[str, typer.Option(help="A region of the price list.")] = "us-east-1",
    prices: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="Your own price list.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the estimate; start nothing.")] = False,
    stack: BatchStackName = "frond-batch",
) -> None:
    """Estimate the cost of a job, and start it.

    Run the same command again after a failure: finished chunks are not done again, nor paid again.
    """
    from frond_client.batches.batch_cost import estimate_cost
    from frond_client.batches.batch_job import S3Prefix, count_photos, submit_job
    from frond_client.console import error_console, output_console, pluralize
    from frond_client.costs.prices import PRICES, PriceList
    from frond_client.frond_stack import find_stack

    target, console = find_stack(stack), output_console()
    s3 = target.s3()
    source, target_prefix = S3Prefix(s3, photos), S3Prefix(s3, out)
    price_list = PriceList.read(prices or PRICES).region(region)
    vcpus = int(target.output("MaximumVcpus"))
    with error_console().status("Counting photos …"):
        count = count_photos(source)
    cost = estimate_cost(count, vcpus, price_list, max_dollars, features=features)
    console.print(
        f"{pluralize(count, 'photo')}: about ${cost.dollars:,.2f} "
        f"({cost.vcpu_hours:,.1f} vCPU hours, S3 requests ${cost.requests:,.2f}), "
        f"{max(1, round(cost.minutes)):,} minutes on {vcpus} vCPUs after the start."
    )
    console.print(f"The job is cancelled after {cost.minutes_to_cap:,} minutes, before ${max_dollars:,.2f}.")
    if dry_run:
        return
    options = ["--features", "/opt/frond/features"] if features else []
    job = submit_job(
        target, target.client("emr-serverless"), source, target_prefix, count, cost.minutes_to_cap, options
    )
    console.print(f"Started {job.job_run_id}: see `frond batch status {target_prefix.url}`.")


@batch.command()
def status(
    out: OutUrl,
    region: Annotated[str, typer.Option(help="A region of the price list.")] = "us-east-1",
    prices: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="Your own price list.")] = None,
    stack: BatchStackName = "frond-batch",
) -> None:
    """Print the state of a job, its finished chunks and what it has cost."""
    from frond_client.batches.batch_cost import billed_dollars
    from frond_client.batches.batch_job import S3Prefix, job_state
    from frond_client.console import output_console
    from frond_client.costs.prices import PRICES, PriceList
    from frond_client.frond_stack import find_stack

    target, console = find_stack(stack), output_console()
    state = job_state(target.client("emr-serverless"), S3Prefix(target.s3(), out))
    price_list = PriceList.read(prices or PRICES).region(region)
    console.print(f"{state.state}{': ' + state.details if state.details else ''}")
    if state.chunks is None:
        console.print("The photos are not listed yet.")
    else:
        console.print(f"{state.finished_chunks:,} of {state.chunks:,} chunks are finished.")
    dollars = billed_dollars(state.vcpu_hours, state.gb_hours, price_list)
    console.print(
        f"Billed so far: {state.vcpu_hours:,.2f} vCPU hours, {state.gb_hours:,.2f} GB hours, ${dollars:,.2f}."
    )


@batch.command()
def report(
    out: OutUrl,
    folder: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="For the files.")] = Path(),
    stack: BatchStackName = "frond-batch",
) -> None:
    """Download the report, the rows and the plot of a finished run."""
    from frond_client.batches.batch_job import S3Prefix, download_report
    from frond_client.console import output_console
    from frond_client.frond_stack import find_stack

    for path in download_report(S3Prefix(find_stack(stack).s3(), out), folder):
        output_console().print(str(path))
