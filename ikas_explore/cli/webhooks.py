"""``list``, ``save`` and ``delete``: a store's webhooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ikas_explore.cli.connecting import (
    FleetFile,
    StoreName,
    Version,
    connect_fleet,
    connect_store,
    warn_of_failures,
)
from ikas_explore.cli.output import (
    Json,
    print_json,
    print_table,
    records,
    webhook_records,
    webhook_rows,
)
from ikas_explore.text.printable import printable


def list_(
    out: Annotated[
        Path | None, typer.Option(help="Write a snapshot too: .parquet or .csv, for diff.")
    ] = None,
    fleet: FleetFile = None,
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """List the registered webhooks."""
    if fleet is None and out is None:
        _list_one(store, api_version, json)
        return
    if fleet is None:
        with connect_store(store, api_version) as connected:
            frame = connected.webhooks.list()
        failed, empty = False, f"{connected.name} has no webhooks."
    else:
        with connect_fleet(fleet, store, api_version) as stores:
            try:
                frame = stores.list()
            except KeyboardInterrupt:
                frame = stores.listed  # what came until then, and the others as failures
            failed = warn_of_failures(stores)
            listed = len(stores.names) - len(stores.errors)
            empty = f"No webhooks in the {listed} of {len(stores.names)} stores that were listed."
    if out is not None:  # before the table, whose reader may be gone
        shown = printable(str(out))
        if failed:
            typer.echo(f"{shown} was not written: stores are missing in it.", err=True)
        else:
            from ikas_explore.frames.snapshots import write_snapshot

            write_snapshot(frame, out)
            typer.echo(f"{len(frame)} webhooks are in {shown}.", err=True)
    if json:
        print_json(webhook_records(frame, with_store=fleet is not None))
    else:
        print_table(records(frame), empty=empty)
    if failed:
        raise typer.Exit(1)


def _list_one(store: str | None, api_version: str | None, json: bool) -> None:
    # Records and no frame: loading pandas takes longer than all the rest of the command.
    with connect_store(store, api_version) as connected:
        found = connected.webhooks.query().sort("scope").to_records()
    if json:
        print_json(found)
    else:
        rows = webhook_rows(connected.name, found)
        print_table(rows, empty=f"{connected.name} has no webhooks.")


def save(
    endpoint: Annotated[str, typer.Argument(help="Where ikas is to push to.")],
    scopes: Annotated[list[str], typer.Argument(help="For example store/order/created.")],
    sales_channel: Annotated[
        list[str] | None, typer.Option(help="Limit to a sales channel; may be repeated.")
    ] = None,
    replace: Annotated[
        bool, typer.Option(help="Take scopes over that another endpoint holds.")
    ] = True,
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """Register an endpoint for one or more scopes."""
    with connect_store(store, api_version) as connected:
        frame = connected.webhooks.save(
            endpoint, scopes, sales_channel_ids=sales_channel or None, replace=replace
        )
    if json:
        print_json(webhook_records(frame))
    else:
        print_table(records(frame), empty="Nothing was saved.")


def delete(
    scopes: Annotated[list[str], typer.Argument(help="For example store/order/created.")],
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """Remove the webhooks of one or more scopes, whatever endpoint holds them."""
    with connect_store(store, api_version) as connected:
        answer = connected.webhooks.delete(scopes)
    if json:
        print_json({"deleteWebhook": answer})
    elif answer:
        print(f"Deleted in {connected.name}: {', '.join(scopes)}.")
    else:
        print(f"{connected.name} answered false: list tells what is registered.")
    if not answer:
        raise typer.Exit(1)
