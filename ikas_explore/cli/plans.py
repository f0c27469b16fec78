"""``plan``, ``apply``, ``undo`` and ``diff``: what would change, changing it, and what differs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ikas_explore.cli import options
from ikas_explore.cli.asking import confirm
from ikas_explore.cli.connecting import Where, many_stores, warn_of_failures
from ikas_explore.cli.output import print_frame, print_json, records
from ikas_explore.text.printable import printable
from ikas_explore.text.progress import Bar

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.fleet import Fleet
    from ikas_explore.manage.plan import Plan


@click.command()
@options.desired
@options.prune
@many_stores
def plan_command(file: Path, prune: bool, where: Where, json: bool) -> int:
    """Show what a file would change.

    Nothing is changed. FILE is a TOML file or a snapshot of list --out. Exits with 0 when
    nothing would change, with 2 when something would, and with 1 when it could not be planned.
    """
    with where.fleet() as stores:
        planned = stores.plan(file, prune=prune)
        failed = _shown(planned, stores, json)
    if json:
        print_json(records(planned.changes))
    # 2 for changes, as Terraform's plan.
    return 1 if failed else 0 if planned.empty else 2


@click.command()
@options.desired
@options.yes
@options.prune
@many_stores
def apply_command(file: Path, yes: bool, prune: bool, where: Where, json: bool) -> int:
    """Make the webhooks what a file says.

    You see what would change and are asked first. FILE is a TOML file or a snapshot of list
    --out. Exits with 1 when not everything could be changed.
    """
    if json and not yes:
        raise click.UsageError("--json needs --yes: there is nobody to ask.")
    with where.fleet() as stores:
        planned = stores.plan(file, prune=prune)
        failed = _shown(planned, stores, json)
        if not planned.empty and not yes:
            confirm("Apply these changes?")
        done = _carry_out(planned, json)
    return 0 if done and not failed else 1


@click.command()
@options.yes
@many_stores
def undo_command(yes: bool, where: Where, json: bool) -> int:
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
                print("Nothing to take back: the journal has no write to the store or fleet.")
            return int(warn_of_failures(stores))
        # --json prints nothing but the result to stdout.
        click.echo(f"The write of {printable(planned.reverts[0].written_at)}:", err=json)
        click.echo(planned.text(), err=json)
        if not planned.empty and not yes:
            changed = _changed_since(planned)
            confirm(f"{'Somebody changed this since. ' if changed else ''}Take it back?")
        done = _carry_out(planned, json)
        if done and not json and stores.journal.newest():
            print("Earlier writes are left: run undo again to take back the one before.")
    whole = not any(" is not in this plan: " in note for note in planned.notes)
    return 0 if done and whole else 1


@click.command()
@click.argument("before", type=options.FILE)
@click.argument("after", type=options.FILE)
@options.as_json
def diff_command(before: Path, after: Path, json: bool) -> int:
    """Compare two snapshots of list --out.

    They are Parquet, CSV or Excel. Exits with 0 when nothing differs, with 2 when something does,
    and with 1 when one of them cannot be read.
    """
    from ikas_explore.manage.changes import diff

    changes = diff(before, after)
    print_frame(changes, json, empty="Nothing differs.")
    return 0 if changes.empty else 2


def _shown(planned: Plan, stores: Fleet, json: bool) -> bool:
    """Print a plan, and on stderr the stores that are not in it; return whether there are any."""
    failed = warn_of_failures(stores)
    if not json:
        lines = planned.text(colour=sys.stdout.isatty()).splitlines()
        said = tuple(f"Note: {name} is not in this plan: " for name in stores.errors["store"])
        print(*(line for line in lines if not line.startswith(said)), sep="\n", flush=True)
    return failed


def _changed_since(planned: Plan) -> bool:
    changes = planned.changes
    ends = zip(changes["store"], changes["scope"], changes["endpoint_before"], strict=True)
    now = {(store, scope): end for store, scope, end in ends if isinstance(end, str)}
    written = ((each.store, each.after) for each in planned.reverts)
    after = {(store, scope): end for store, ends in written for scope, end in ends.items()}
    return any(now.get(place) != endpoint for place, endpoint in after.items())


def _carry_out(planned: Plan, json: bool) -> bool:
    """Apply a plan and print its report, also after Ctrl-C; return whether nothing failed."""
    try:
        with Bar("calls") as bar:
            report = planned.apply(progress=bar)
    except KeyboardInterrupt:
        if planned.report is not None:
            _print_report(planned.report, json)
        click.echo("Interrupted. What was written is in the journal: undo takes it back.", err=True)
        raise click.exceptions.Exit(130) from None
    _print_report(report, json)
    return not report["outcome"].isin(["failed", "conflict"]).any()


def _print_report(report: DataFrame, json: bool) -> None:
    if not json:
        report = report[report["outcome"] != "kept"][["store", "scope", "outcome", "error"]]
    print_frame(report, json, empty="Nothing was written.")
