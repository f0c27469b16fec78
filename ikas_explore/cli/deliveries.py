"""``deliveries``: what a running sandbox delivered."""

from __future__ import annotations

import click

from ikas_explore.cli import options
from ikas_explore.cli.control import call, no_sandbox
from ikas_explore.cli.output import print_json, print_table, records


@click.command()
@options.as_json
def command(json: bool) -> None:
    """List the deliveries of the sandbox at IKAS_BASE_URL."""
    rows = call("GET", "deliveries")
    if json:
        print_json(rows)
        return
    from ikas_explore.frames.frames import DELIVERIES, rows_frame

    try:
        frame = rows_frame(DELIVERIES, rows)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise no_sandbox("something that is no list of deliveries") from None
    print_table(records(frame), empty="Nothing was delivered yet.")
