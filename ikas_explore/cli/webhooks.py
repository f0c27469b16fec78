"""``list``, ``save`` and ``delete``: the webhooks of a store, or listed of many."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from ikas_explore.cli import options
from ikas_explore.cli.asking import held, show_and_confirm
from ikas_explore.cli.connecting import Where, many_stores, one_store, warn_of_failures
from ikas_explore.cli.output import (
    print_json,
    print_table,
    records,
    webhook_records,
    webhook_rows,
)
from ikas_explore.errors import ScopeTakenError
from ikas_explore.text.printable import counted, printable
from ikas_explore.values.urls import same_endpoint


@click.command()
@click.option("--out", type=options.FILE, help="Write a snapshot: .parquet, .csv or .xlsx.")
@many_stores
def list_command(out: Path | None, where: Where, json: bool) -> int:
    """List the registered webhooks."""
    if where.file is None and out is None:
        _list_one(where, json)
        return 0
    if where.file is None:
        with where.connect() as connected:
            frame = connected.webhooks.list()
        failed, empty = False, f"{connected.name} has no webhooks."
    else:
        with where.fleet() as stores:
            try:
                frame = stores.list()
            except KeyboardInterrupt:
                frame = stores.listed  # what came until then; the other stores are failures
            failed = warn_of_failures(stores)
            listed = len(stores.names) - len(stores.errors)
            empty = f"No webhooks in the {listed} of {len(stores.names)} stores that were listed."
    if out is not None:  # before the table, which may find no reader
        shown = printable(str(out))
        if failed:
            click.echo(f"{shown} was not written: stores are missing in it.", err=True)
        else:
            from ikas_explore.frames.snapshots import write_snapshot

            write_snapshot(frame, out)
            click.echo(f"Wrote {counted(len(frame), 'webhook')} to {shown}.", err=True)
    if json:
        print_json(webhook_records(records(frame), with_store=where.file is not None))
    else:
        print_table(records(frame), empty=empty)
    return int(failed)


def _list_one(where: Where, json: bool) -> None:
    from ikas_explore.client.operations import list_webhooks

    # No frame: loading pandas takes longer than all the rest of the command.
    with where.connect() as connected:
        rows = webhook_rows(connected.name, list_webhooks(connected.client))
    if json:
        print_json(webhook_records(rows))
    else:
        print_table(rows, empty=f"{connected.name} has no webhooks.")


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
def save_command(
    endpoint: str,
    scopes: tuple[str, ...],
    sales_channel: tuple[str, ...],
    replace: bool,
    yes: bool,
    where: Where,
    json: bool,
    **more: Any,
) -> None:
    """Register an endpoint for one or more scopes.

    SCOPES are scopes or patterns, for example store/order/created or 'store/order/*'. If another
    endpoint holds one of them, you see which and are asked.
    """
    with where.connect() as connected:
        webhooks, channels = connected.webhooks, sales_channel or None
        save = partial(webhooks.save, endpoint, scopes, sales_channel_ids=channels, **more)

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
        print_json(webhook_records(records(frame)))
    else:
        print_table(records(frame), empty="Nothing was saved.")


@click.command()
@options.scopes
@click.option("--endpoint", help="Remove them only if this endpoint holds them all.")
@options.yes
@one_store
@options.as_json
def delete_command(
    scopes: tuple[str, ...], endpoint: str | None, yes: bool, where: Where, json: bool
) -> int:
    """Remove the webhooks of one or more scopes.

    You see which and are asked first.

    A pattern such as 'store/order/*' stands for the registered scopes that match.
    """
    with where.connect() as connected:

        def lost() -> list[dict[str, str]]:
            found = held(connected.webhooks, scopes)
            # With another holder nothing is removed; that is an error, and no question.
            one = endpoint is None or all(same_endpoint(row["endpoint"], endpoint) for row in found)
            return found if one else []

        if not yes:
            show_and_confirm(lost, f"Delete this from {connected.name}?", json)
        answer = connected.webhooks.delete(scopes, endpoint=endpoint)
    if json:
        print_json({"deleteWebhook": answer})
    elif answer:
        print(f"Deleted in {connected.name}: {', '.join(scopes)}.")
    else:
        print(f"{connected.name} answered false. Run list to see what is registered.")
    return 0 if answer else 1
