"""``budget``: how much is left before ikas' limits, at a sandbox or in a receiver's log.

Not of a store: a command counts its own calls alone, and ikas does not say what it counted.
"""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_frame


@click.command()
@click.option(
    "--received",
    type=options.FILE,
    help="The log of receive --path, or of a Receiver, once that has ended.",
)
@options.as_json
def command(received: Path | None, json: bool) -> int:
    """Show how much is left before ikas' limits.

    Counted are the calls and deliveries of the sandbox at IKAS_BASE_URL, or the deliveries in a
    receiver's log. The calls of a store are counted where they are made: store.budget() in Python.

    Exits with 0 when all is ok, and with 2 when a limit is near or was crossed.
    """
    from ikas_explore.frames.frames import budget_frame

    if received is None:
        from ikas_explore.cli.control import call_for_rows, not_a_sandbox

        rows, _ = call_for_rows("budget")  # what it raises says what is wrong: not caught here
        try:
            frame = budget_frame(rows, "what happened before the sandbox was started")
        except (KeyError, TypeError, ValueError, OverflowError):
            raise not_a_sandbox("with something that is no budget") from None
    else:
        from ikas_explore.deliveries.receiver import read_log

        frame = read_log(received, budget=True)
    print_frame(frame, json, empty="Nothing was counted.")
    if not json:
        click.echo(f"Not counted: {frame.attrs['not_visible']}.", err=True)
    return 2 if (frame["state"] != "ok").any() else 0
