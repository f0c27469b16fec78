"""``plan``, ``apply``, ``undo`` and ``diff``: what should be, making it so, and taking it back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ikas_explore.cli.connecting import (
    FleetFile,
    StoreName,
    Version,
    connect_fleet,
    warn_of_failures,
)
from ikas_explore.cli.output import Json, print_json, print_table, records
from ikas_explore.text.printable import printable
from ikas_explore.text.progress import Bar

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.manage.journal_file import Entry
    from ikas_explore.manage.plan import Plan

#: What `plan` and `diff` end with when there is something to do, as Terraform's plan does.
CHANGES = 2

Wanted = Annotated[
    Path, typer.Argument(help="What should be: a TOML file, or a snapshot of list --out.")
]
Prune = Annotated[bool, typer.Option("--prune", help="Also delete what the file does not name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def plan(
    file: Wanted,
    prune: Prune = False,
    fleet: FleetFile = None,
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """Show what would change; ends with 0 when nothing would, with 2 when something would."""
    with connect_fleet(fleet, store, api_version) as stores:
        planned = stores.plan(file, prune=prune)
        failed = warn_of_failures(stores)
    _show(planned, json)
    raise typer.Exit(1 if failed else 0 if planned.empty else CHANGES)


def apply(
    file: Wanted,
    yes: Yes = False,
    prune: Prune = False,
    fleet: FleetFile = None,
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """Make the webhooks what the file says; asks first. Ends with 1 when any could not be."""
    if json and not yes:
        raise typer.BadParameter("--json needs --yes: there is nobody to be asked.")
    with connect_fleet(fleet, store, api_version) as stores:
        planned = stores.plan(file, prune=prune)
        failed = warn_of_failures(stores)
        if not json:
            _show(planned, json)
        if not planned.empty and not yes:
            _confirm("Apply these changes?")
        report = _carry_out(planned, json)
        _print_report(report, json)
    raise typer.Exit(0 if _all_done(report) and not failed else 1)


def undo(
    yes: Yes = False,
    fleet: FleetFile = None,
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """Take back the last write: a save, a delete, or one call of an apply.

    It asks only when somebody changed the same scopes since. Writes are remembered in
    ~/.ikas-explore/journal.jsonl, or in the file that IKAS_JOURNAL names.
    """
    with connect_fleet(fleet, store, api_version) as stores:
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
            _show(planned, json)
        if not planned.empty and not yes and _changed_since(planned.reverts, planned):
            _confirm("Somebody changed this since. Take it back?")
        report = _carry_out(planned, json)
        done = _all_done(report)
        if done:  # before the report, whose reader may be gone: the next undo takes an earlier one
            stores.journal.take(planned.reverts)
        _print_report(report, json)
        if done and not json:
            left = len(stores.journal.entries(stores.names))
            if left:
                print(f"{left} earlier to be taken back, one at a time, by the same command.")
    raise typer.Exit(0 if done else 1)


def diff(
    before: Annotated[Path, typer.Argument(help="A snapshot: Parquet or CSV.")],
    after: Annotated[Path, typer.Argument(help="A later one.")],
    json: Json = False,
) -> None:
    """Compare two snapshots of list --out; ends with 0 when nothing differs, else with 2."""
    from ikas_explore.manage.changes import diff as compare

    changes = compare(before, after)
    if json:
        print_json(records(changes))
    else:
        print_table(records(changes), empty="Nothing differs.")
    raise typer.Exit(0 if changes.empty else CHANGES)


def _show(planned: Plan, json: bool) -> None:
    if json:
        print_json(records(planned.changes))
    else:
        print(planned.text(colour=sys.stdout.isatty()), flush=True)


def _confirm(question: str) -> None:
    """Ask, and end the command unless the answer is yes; nobody there is a no."""
    if sys.stdin is None:  # it was closed from the start, as by <&-
        typer.echo(question, err=True)
        raise typer.Abort
    typer.confirm(question, abort=True, err=True)


def _carry_out(planned: Plan, json: bool) -> DataFrame:
    """Apply a plan; returns what became of it, and prints that when it is interrupted."""
    try:
        with Bar("calls") as bar:
            return planned.apply(progress=bar)
    except KeyboardInterrupt:
        if planned.report is not None:
            _print_report(planned.report, json)
        typer.echo("Interrupted. What was written is in the journal: undo takes it back.", err=True)
        raise typer.Exit(130) from None


def _all_done(report: DataFrame) -> bool:
    return not report["outcome"].isin(["failed", "conflict"]).any()


def _print_report(report: DataFrame, json: bool) -> None:
    if json:
        print_json(records(report))
        return
    told = report[report["outcome"] != "kept"][["store", "scope", "outcome", "error"]]
    print_table(records(told), empty="Nothing was written.")


def _changed_since(entry: Entry, planned: Plan) -> bool:
    changes = planned.changes
    ends = zip(changes["scope"], changes["endpoint_before"], strict=True)
    now = {scope: endpoint for scope, endpoint in ends if isinstance(endpoint, str)}
    return any(now.get(scope) != endpoint for scope, endpoint in entry.after.items())
