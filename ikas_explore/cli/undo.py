"""``undo``: take the last write back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ikas_explore.cli import options
from ikas_explore.cli.connecting import Where, many_stores
from ikas_explore.cli.output import print_json
from ikas_explore.cli.planned import all_done, carry_out, confirm, print_report, show
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from ikas_explore.manage.journal_file import Entry
    from ikas_explore.manage.plan import Plan


@click.command()
@options.yes
@many_stores
@options.as_json
def command(yes: bool, where: Where, json: bool) -> None:
    """Take back the last write: a save, a delete, or one call of an apply.

    It asks only when somebody changed the same scopes since. Writes are remembered in
    ~/.ikas-explore/journal.jsonl, or in the file that IKAS_JOURNAL names.
    """
    with where.fleet() as stores:
        # Left on the journal until it is done, so that it can be tried again.
        planned = stores.undo(take=False)
        if planned is None or planned.reverts is None:
            if json:
                print_json([])
            else:
                print("Nothing to take back: no write to this store is in the journal.")
            return
        if not json:
            print(f"The write of {printable(planned.reverts.written_at)} is taken back:")
            show(planned, json)
        if not planned.empty and not yes and _changed_since(planned.reverts, planned):
            confirm("Somebody changed this since. Take it back?")
        report = carry_out(planned, json)
        done = all_done(report)
        if done:  # before the report, which may find no reader: the next undo takes an earlier one
            stores.journal.take(planned.reverts)
        print_report(report, json)
        if done and not json:
            left = len(stores.journal.entries(stores.names))
            if left:
                print(f"{left} earlier to be taken back, one at a time, by the same command.")
    raise click.exceptions.Exit(0 if done else 1)


def _changed_since(entry: Entry, planned: Plan) -> bool:
    changes = planned.changes
    ends = zip(changes["scope"], changes["endpoint_before"], strict=True)
    now = {scope: endpoint for scope, endpoint in ends if isinstance(endpoint, str)}
    return any(now.get(scope) != endpoint for scope, endpoint in entry.after.items())
