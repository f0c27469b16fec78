"""``receive`` and ``push``: an endpoint on this machine, and one delivery to an endpoint."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_json, print_table, records
from ikas_explore.errors import CredentialsError
from ikas_explore.settings import read_variable
from ikas_explore.text.printable import printable
from ikas_explore.values.numbers import check_number
from ikas_explore.values.secret import hide
from ikas_explore.values.times import moment_of

if TYPE_CHECKING:
    from ikas_explore.deliveries.receiver import Receiver

# What JSON cannot hold, and what is not known yet when a line is printed.
_LEFT_OUT = ("number", "body", "signed_with", "forwarded_at", "forwarded_status")
# Seconds between two looks, so that a burst costs few of them.
_PAUSE = 0.02
_SIGNED = {True: "signed", False: "WRONG SIGNATURE", None: "signature not checked"}


@click.command()
@options.port
@click.option("--path", type=options.FILE, help="A file that keeps the log.")
@click.option("--status", default=200, show_default=True, help="The status it answers.")
@click.option("--count", type=int, help="End after so many.  [default: until Ctrl-C]")
@click.option(
    "--public-url",
    multiple=True,
    metavar="URL",
    help="The public address of your tunnel, which is let in. Can be given several times.",
)
@options.forward_to
@options.as_json
def receive_command(count: int | None, json: bool, **receiving: Any) -> None:
    """Receive deliveries and print each.

    The endpoint is on this machine. IKAS_CLIENT_SECRET is used to verify them.
    """
    from ikas_explore.deliveries.receiver import Receiver

    if count is not None:
        check_number("count", count, least=1, whole=True)
    with Receiver(read_variable("IKAS_CLIENT_SECRET"), **receiving) as receiver:
        if json:
            print_json({"endpoint": receiver.endpoint}, line=True)
        else:
            print(f"Receiving at {receiver.endpoint} until Ctrl-C.", flush=True)
        # SIGTERM ends it as cleanly as Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        print_requests(receiver, count, json)


def print_requests(receiver: Receiver, count: int | None, json: bool) -> None:
    """Print each request as it comes, until there are so many or Ctrl-C."""
    from ikas_explore.deliveries.receiver import follow

    seen = 0
    try:
        for rows in follow(receiver, whole=json):
            for row in rows:
                _print(row, json)
            sys.stdout.flush()
            seen += len(rows)
            if count is not None and seen >= count:
                return
            if rows:
                time.sleep(_PAUSE)
    except KeyboardInterrupt:
        click.echo(f"{seen} received.", err=True)


def _print(row: Mapping[str, Any], json: bool) -> None:
    received_at = moment_of(row["received_at"])
    if json:
        # `body` is bytes, which JSON cannot hold; `data` holds what counts of it.
        shown = {name: cell for name, cell in row.items() if name not in _LEFT_OUT}
        created_at = row["created_at"]
        shown["created_at"] = None if created_at is None else moment_of(created_at).isoformat()
        shown["received_at"] = received_at.isoformat()
        print_json(shown, line=True)
    else:
        scope = printable(str(row["scope"] or row["error"]))
        print(
            f"{received_at:%H:%M:%S}  {scope:38} {_SIGNED[row['signature_ok']]}"
            f"{', duplicate' if row['duplicate'] else ''}, answered {row['status']}"
        )


@click.command()
@click.argument("endpoint")
@options.scope
@options.data
@options.max_attempts
@options.retry_delays
@click.option("--wrong-signature", is_flag=True, help="Sign with another secret.")
@options.as_json
def push_command(endpoint: str, scope: str, json: bool, **how: Any) -> int:
    """Push a signed delivery to an endpoint.

    It is signed with IKAS_CLIENT_SECRET. ENDPOINT is an https address of yours, or an address
    on this machine. Exits with 1 when no attempt was answered 200.
    """
    from ikas_explore.deliveries.push import push

    secret = hide(read_variable("IKAS_CLIENT_SECRET"))
    if not secret:
        raise CredentialsError(
            "Set IKAS_CLIENT_SECRET, in the environment or in .env, to sign with."
        )
    frame = push(endpoint, scope, secret, **how)
    if json:
        print_json([row | {"started_at": row["started_at"].isoformat()} for row in records(frame)])
    else:
        print_table(records(frame.round({"duration_ms": 1})), empty="Nothing was sent.")
    return int(frame["error"].notna().all())
