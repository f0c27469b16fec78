"""``list``: the registered webhooks of a store or of many, and a snapshot of them."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.connecting import Where, many_stores, warn_of_failures
from ikas_explore.cli.output import (
    print_json,
    print_table,
    records,
    webhook_records,
    webhook_rows,
)
from ikas_explore.text.printable import counted, printable


@click.command()
@click.option("--out", type=options.FILE, help="Write a snapshot: .parquet, .csv or .xlsx.")
@many_stores
@options.as_json
def command(out: Path | None, where: Where, json: bool) -> int:
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
        print_json(webhook_records(frame, with_store=where.file is not None))
    else:
        print_table(records(frame), empty=empty)
    return int(failed)


def _list_one(where: Where, json: bool) -> None:
    # Records and no frame: loading pandas takes longer than all the rest of the command.
    with where.connect() as connected:
        found = connected.webhooks.query().sort("scope").to_records()
    if json:
        print_json(found)
    else:
        rows = webhook_rows(connected.name, found)
        print_table(rows, empty=f"{connected.name} has no webhooks.")
