"""``undo``: take the last write back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ikas_explore.cli import options
from ikas_explore.cli.changing import carry_out, confirm
from ikas_explore.cli.connecting import Where, many_stores
from ikas_explore.cli.output import print_json
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from ikas_explore.manage.journal_file import Entry
    from ikas_explore.manage.plan import Plan


@click.command()
@options.yes
@many_stores
@options.as_json
def command(yes: bool, where: Where, json: bool) -> int:
    """Take back the last write.

    A write is a save, a delete or an apply. You see what would change and are asked first.
    Writes are remembered in ~/.ikas-explore/journal.jsonl, or in the file that IKAS_JOURNAL
    names.
    """
    with where.fleet() as stores:
        planned = stores.undo()
        if planned is None:
            if json:
                print_json([])
            else:
                print("Nothing to take back: no write to this store is in the journal.")
            return 0
        # --json prints nothing but the result to stdout.
        click.echo(f"The write of {printable(planned.reverts[0].written_at)}:", err=json)
        click.echo(planned.text(), err=json)
        if not planned.empty and not yes:
            changed = _changed_since(planned.reverts, planned)
            confirm(f"{'Somebody changed this since. ' if changed else ''}Take it back?")
        done = carry_out(planned, json)
        if done and not json and stores.journal.newest():
            print("Earlier writes are left: run undo again to take back the one before.")
    return 0 if done else 1


def _changed_since(entries: Sequence[Entry], planned: Plan) -> bool:
    changes = planned.changes
    ends = zip(changes["store"], changes["scope"], changes["endpoint_before"], strict=True)
    now = {(store, scope): end for store, scope, end in ends if isinstance(end, str)}
    after = {(each.store, scope): end for each in entries for scope, end in each.after.items()}
    return any(now.get(place) != endpoint for place, endpoint in after.items())
