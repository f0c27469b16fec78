"""``missed``: what changed in a store and never arrived, and sending it again."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.changing import confirm
from ikas_explore.cli.connecting import Where, many_stores, warn_of_failures
from ikas_explore.cli.output import frame_json, print_json, print_table, records
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.settings import read_variable
from ikas_explore.text.printable import counted, printable


@click.command()
@options.received
@click.option("--since", required=True, help="A day in UTC, or an ISO time with its zone.")
@options.until
@options.grace
@click.option("--redeliver", metavar="ENDPOINT", help="Send what was missed there, signed.")
@options.yes
@many_stores
@options.as_json
def command(
    received: Path,
    since: str,
    until: str | None,
    grace: float,
    redeliver: str | None,
    yes: bool,
    where: Where,
    json: bool,
) -> None:
    """List what changed and never arrived.

    Exits with 0 when nothing is missing, with 2 when something is, and with 1 when a store could
    not be asked. --redeliver signs with IKAS_CLIENT_SECRET, and asks before it sends.
    """
    with where.fleet() as stores:
        gap = stores.missed(received, since=since, until=until, grace=grace)
        failed = warn_of_failures(stores)
        if json:
            print_json(frame_json(gap.frame))
        else:
            print_table(records(gap.frame), empty=f"{gap.summary[:1].upper()}{gap.summary[1:]}.")
        click.echo(gap.not_visible, err=True)
        if redeliver is not None and len(gap):
            secret = read_variable("IKAS_CLIENT_SECRET")
            if secret is None:
                raise InvalidArgumentError("Set IKAS_CLIENT_SECRET, which signs what is sent.")
            if not yes:
                confirm(f"Send {counted(len(gap), 'object')} to {printable(redeliver)}?")
            sent = gap.redeliver(redeliver, secret)
            arrived = int(sent.groupby("delivery_id")["status_code"].last().eq(200).sum())
            click.echo(f"{arrived} of {len(gap)} arrived.", err=True)
            failed = failed or arrived < len(gap)
    if failed:
        raise click.exceptions.Exit(1)
    if len(gap) and redeliver is None:
        raise click.exceptions.Exit(2)
