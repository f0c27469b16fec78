"""``receive``: an endpoint on this machine that prints what it gets."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_json, records
from ikas_explore.errors import WaitTimeoutError
from ikas_explore.settings import read_variable
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    import pandas as pd

_SIGNED = {True: "signed", False: "WRONG SIGNATURE", None: "signature not checked"}


@click.command()
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--path", type=options.FILE, help="A file that keeps the log.")
@click.option("--status", default=200, show_default=True, help="The status it answers.")
@click.option("--count", type=int, help="End after so many.  [default: until Ctrl-C]")
@click.option(
    "--public-url",
    "public_urls",
    multiple=True,
    metavar="URL",
    help="The public address of your tunnel, which is let in. Can be given several times.",
)
@options.as_json
def command(
    port: int,
    path: Path | None,
    status: int,
    count: int | None,
    public_urls: tuple[str, ...],
    json: bool,
) -> None:
    """Receive deliveries and print each.

    The endpoint is on this machine. IKAS_CLIENT_SECRET is used to verify them.
    """
    from ikas_explore.deliveries.receiver import Receiver

    secret = read_variable("IKAS_CLIENT_SECRET")
    with Receiver(secret, status=status, path=path, port=port, public_url=public_urls) as receiver:
        if json:
            print_json({"endpoint": receiver.endpoint}, line=True)
        else:
            print(f"Receiving at {receiver.endpoint} until Ctrl-C.", flush=True)
        # SIGTERM ends it as cleanly as Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        seen = 0
        try:
            while count is None or seen < count:
                try:
                    new = receiver.wait(seen + 1, timeout=1.0, after=receiver.earlier + seen)
                except WaitTimeoutError:
                    continue  # none came in this second
                seen += len(new)
                _print(new, json)
        except KeyboardInterrupt:
            click.echo(f"{seen} received.", err=True)


def _print(new: pd.DataFrame, json: bool) -> None:
    for row in records(new):
        if json:
            # `body` is bytes, which JSON cannot hold; `data` holds what counts of it.
            shown = {name: cell for name, cell in row.items() if name != "body"}
            times = ("created_at", "received_at")
            shown |= {name: shown[name] and shown[name].isoformat() for name in times}
            print_json(shown, line=True)
        else:
            scope = printable(str(row["scope"] or row["error"]))
            print(
                f"{row['received_at']:%H:%M:%S}  {scope:38} {_SIGNED[row['signature_ok']]}"
                f"{', duplicate' if row['duplicate'] else ''}, answered {row['status']}",
                flush=True,
            )
