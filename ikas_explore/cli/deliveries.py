"""``deliveries``: what a running sandbox delivered."""

from __future__ import annotations

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_json, print_table, records
from ikas_explore.text.printable import counted


@click.command()
@click.option(
    "--limit",
    metavar="N|all",
    default="1000",
    show_default=True,
    callback=options.read_limit,
    help="The newest N, or all.",
)
@click.option("--since", help="A date (in UTC), or a time with its zone.")
@click.option(
    "--state",
    type=click.Choice(["pending", "delivered", "exhausted", "blocked", "withheld"]),
    help="Only those in this state.",
)
@options.as_json
def command(limit: int | None, since: str | None, state: str | None, json: bool) -> None:
    """List the deliveries of the sandbox.

    The sandbox is the one at IKAS_BASE_URL. The newest come last, and stderr says how many
    there are.
    """
    from ikas_explore.cli.control import call_for_rows, not_a_sandbox

    rows, count = call_for_rows("deliveries", limit=limit, since=since, state=state)
    if json:
        print_json(rows)
    else:
        from ikas_explore.frames.frames import DELIVERIES, rows_frame

        try:
            frame = rows_frame(DELIVERIES, rows)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise not_a_sandbox("with something that is no list of deliveries") from None
        chosen = since is not None or state is not None
        print_table(
            records(frame), empty="No delivery fits." if chosen else "Nothing was delivered yet."
        )
    if count > len(rows):
        newest = f"The newest {len(rows):,} of {count:,} deliveries"
        click.echo(f"{newest}; --limit N or --limit all for more.", err=True)
    else:
        click.echo(f"{counted(count, 'delivery')}.", err=True)
