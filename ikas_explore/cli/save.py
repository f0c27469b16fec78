"""``save``: register an endpoint."""

from __future__ import annotations

import click

from ikas_explore.cli import options
from ikas_explore.cli.connecting import Where, one_store
from ikas_explore.cli.output import print_json, print_table, records, webhook_records


@click.command()
@click.argument("endpoint")
@options.scopes
@click.option("--sales-channel", multiple=True, help="Limit to a sales channel; may be repeated.")
@click.option(
    "--replace/--no-replace",
    default=True,
    show_default=True,
    help="Take over scopes that another endpoint holds.",
)
@one_store
@options.as_json
def command(
    endpoint: str,
    scopes: tuple[str, ...],
    sales_channel: tuple[str, ...],
    replace: bool,
    where: Where,
    json: bool,
) -> None:
    """Register ENDPOINT for one or more SCOPES, for example store/order/created."""
    with where.connect() as connected:
        frame = connected.webhooks.save(
            endpoint, scopes, sales_channel_ids=sales_channel or None, replace=replace
        )
    if json:
        print_json(webhook_records(frame))
    else:
        print_table(records(frame), empty="Nothing was saved.")
