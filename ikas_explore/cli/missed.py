"""``missed``: what changed in a store and never arrived, and sending it again."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.changing import confirm
from ikas_explore.cli.connecting import Where, many_stores, warn_of_failures
from ikas_explore.cli.output import print_frame
from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.settings import read_variable
from ikas_explore.system.files import reason_of, replacing
from ikas_explore.text.printable import counted, printable
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
@options.as_json
def command(
    received: Path,
    since: str | None,
    cursor: Path | None,
    until: str | None,
    grace: float,
    redeliver: str | None,
    yes: bool,
    where: Where,
    json: bool,
) -> int:
    """List what changed and never arrived.

    Exits with 0 when nothing is missing, with 2 when something is, and with 1 when a store could
    not be asked. --redeliver signs with IKAS_CLIENT_SECRET, and asks before it sends. --cursor
    moves on only when all stores were asked, and all that was to be sent again arrived.
    """
    begin = _begin(since, cursor)
    with where.fleet() as stores:
        gap = stores.missed(received, since=begin, until=until, grace=grace)
        failed = warn_of_failures(stores)
        print_frame(gap.frame, json, empty=f"{gap.summary[:1].upper()}{gap.summary[1:]}.")
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
        return 1
    if cursor is not None:
        sys.stdout.flush()  # what nobody could read is not done with
        _move(cursor, min(gap.until, dt.datetime.now(dt.UTC)))  # what is to come was not asked for
    return 2 if len(gap) and redeliver is None else 0


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


def _move(cursor: Path, until: dt.datetime) -> None:
    try:
        with replacing(cursor, 0o666) as part:
            part.write_text(f"{until.isoformat()}\n", "utf-8")
    except OSError as error:
        raise StorageError(f"The cursor {cursor} cannot be written: {reason_of(error)}.") from None
