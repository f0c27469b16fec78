"""``health``: how the deliveries of each scope are."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.connecting import Where, many_stores, warn_of_failures
from ikas_explore.cli.output import print_frame


@click.command()
@options.received
@click.option("--since", help="A day in UTC, or an ISO time.  [default: a week ago]")
@options.until
@options.grace
@many_stores
@options.as_json
def command(
    received: Path, since: str | None, until: str | None, grace: float, where: Where, json: bool
) -> int:
    """Report how the deliveries of each scope are.

    Exits with 0 when all is well, with 2 when something was missed or has stopped, and with 1 when
    a store could not be asked.
    """
    with where.fleet() as stores:
        health = stores.health(received, since=since, until=until, grace=grace)
        failed = warn_of_failures(stores)
    print_frame(health, json, empty="There are no webhooks.")
    if not json:
        click.echo(f"{health.attrs['summary']}.", err=True)
    wrong = health["missed"].sum() or (health["state"] == "stopped").any()
    return 1 if failed else 2 if wrong else 0
