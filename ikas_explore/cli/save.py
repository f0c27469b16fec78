"""``save``: register an endpoint."""

from __future__ import annotations

from functools import partial

import click

from ikas_explore.cli import options
from ikas_explore.cli.changing import held, show_and_confirm
from ikas_explore.cli.connecting import Where, one_store
from ikas_explore.cli.output import print_json, print_table, records, webhook_records
from ikas_explore.errors import ScopeTakenError
from ikas_explore.values.urls import same_endpoint


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
@click.option(
    "--allow-unknown", is_flag=True, help="Save scopes that this version does not know, too."
)
@options.yes
@one_store
@options.as_json
def command(
    endpoint: str,
    scopes: tuple[str, ...],
    sales_channel: tuple[str, ...],
    replace: bool,
    allow_unknown: bool,
    yes: bool,
    where: Where,
    json: bool,
) -> None:
    """Register an endpoint for one or more scopes.

    SCOPES are scopes or patterns, for example store/order/created or 'store/order/*'. If another
    endpoint holds one of them, you see which and are asked.
    """
    with where.connect() as connected:
        webhooks = connected.webhooks
        save = partial(
            webhooks.save,
            endpoint,
            scopes,
            sales_channel_ids=sales_channel or None,
            allow_unknown=allow_unknown,
        )

        def taken() -> list[dict[str, str]]:
            return [
                row | {"becomes": endpoint}
                for row in held(webhooks, scopes)
                if not same_endpoint(row["endpoint"], endpoint)
            ]

        try:
            frame = save(replace=replace and yes)
        except ScopeTakenError:
            if not replace:
                raise
            show_and_confirm(taken, "Take these scopes over?", json)
            frame = save()
    if json:
        print_json(webhook_records(frame))
    else:
        print_table(records(frame), empty="Nothing was saved.")
