"""``missed``, ``health`` and ``budget``: what never arrived, and how near ikas' limits are."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import click

from ikas_explore.cli import options
from ikas_explore.cli.asking import confirm
from ikas_explore.cli.connecting import Where, many_stores, warn_of_failures
from ikas_explore.cli.output import print_frame
from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.settings import read_variable
from ikas_explore.system.files import reason_of, write_text
from ikas_explore.text.printable import counted, printable
from ikas_explore.values.secret import Secret, hide, masked
from ikas_explore.values.times import check_time, moment_of


@click.command()
@options.received
@click.option("--since", help="A day in UTC, or an ISO time with its zone.")
@click.option(
    "--cursor",
    type=options.FILE,
    help="A file that keeps where the next run begins. The first run needs --since.",
)
@options.until
@options.grace
@click.option("--redeliver", metavar="ENDPOINT", help="Send what was missed there, signed.")
@options.yes
@many_stores
def missed_command(
    received: Path,
    since: str | None,
    cursor: Path | None,
    redeliver: str | None,
    yes: bool,
    where: Where,
    json: bool,
    **more: Any,
) -> int:
    """List what changed and never arrived.

    Exits with 0 when nothing is missing, with 2 when something is, and with 1 when a store could
    not be asked. --redeliver signs with IKAS_CLIENT_SECRET, and asks before it sends. --cursor
    moves on only when all stores were asked, and all that was to be sent again arrived.
    """
    begin = _begin(since, cursor)
    secret = None if redeliver is None else _secret(redeliver)
    with where.fleet() as stores:
        gap = stores.missed(received, since=begin, **more)
        failed = warn_of_failures(stores)
        print_frame(gap.frame, json, empty=f"{gap.summary[:1].upper()}{gap.summary[1:]}.")
        click.echo(gap.not_visible, err=True)
        if redeliver is not None and secret is not None and len(gap):
            if not yes:
                confirm(f"Send {counted(len(gap), 'object')} to {printable(masked(redeliver))}?")
            sent = gap.redeliver(redeliver, secret)
            arrived = int(sent.groupby("delivery_id")["status_code"].last().eq(200).sum())
            click.echo(f"{arrived} of {len(gap)} arrived.", err=True)
            failed = failed or arrived < len(gap)
    if failed:
        return 1
    if cursor is not None:
        sys.stdout.flush()  # what nobody could read is not done with
        until = min(gap.until, dt.datetime.now(dt.UTC))  # what is to come was not asked for
        write_text(cursor, f"{until.isoformat()}\n", "The cursor", whole=True)
    return 2 if len(gap) and redeliver is None else 0


def _secret(redeliver: str) -> Secret:
    """Return what signs, and refuse an address, whether anything is missing or not."""
    from ikas_explore.deliveries.push import check_target

    check_target(Secret(redeliver))
    secret = hide(read_variable("IKAS_CLIENT_SECRET"))
    if secret is None:
        raise InvalidArgumentError("Set IKAS_CLIENT_SECRET, which signs what is sent.")
    return secret


def _begin(since: str | None, cursor: Path | None) -> str | dt.datetime:
    try:
        if cursor is not None and cursor.exists():
            return moment_of(check_time("cursor", cursor.read_text("utf-8").strip()))
    except InvalidArgumentError:  # shows what it read: of another file that may be a secret
        raise StorageError(
            f"The cursor {cursor} does not hold a time, as an earlier run writes it. Give another "
            "path, or write the time into it, for example 2026-11-01T09:30:00Z."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"The cursor {cursor} cannot be read: {reason_of(error)}.") from None
    if since is None:
        raise click.UsageError(
            "Say where to begin: --since, or --cursor with the file of an earlier run."
        )
    return since


@click.command()
@options.received
@click.option("--since", help="A day in UTC, or an ISO time.  [default: a week ago]")
@options.until
@options.grace
@many_stores
def health_command(received: Path, where: Where, json: bool, **window: Any) -> int:
    """Report how the deliveries of each scope are.

    Exits with 0 when all is well, with 2 when something was missed or has stopped, and with 1 when
    a store could not be asked.
    """
    with where.fleet() as stores:
        health = stores.health(received, **window)
        failed = warn_of_failures(stores)
    print_frame(health, json, empty="There are no webhooks.")
    if not json and len(health):
        click.echo(f"{health.attrs['summary']}.", err=True)
    wrong = health["missed"].sum() or (health["state"] == "stopped").any()
    return 1 if failed else 2 if wrong else 0


@click.command()
@click.option(
    "--received",
    type=options.FILE,
    help="The log of receive --path, or of a Receiver, which may still run.",
)
@options.as_json
def budget_command(received: Path | None, json: bool) -> int:
    """Show how much is left before ikas' limits.

    Counted are the calls and deliveries of the sandbox at IKAS_BASE_URL, or the deliveries in a
    receiver's log. The calls of a store are counted where they are made: store.budget() in Python.

    Exits with 0 when all is ok, and with 2 when a limit is near or was crossed.
    """
    # Not of a store: a command counts its own calls alone, and ikas does not say what it counted.
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
