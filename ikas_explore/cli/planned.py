"""Plans on a terminal: showing one, asking, carrying it out and reporting."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ikas_explore.cli.output import print_json, print_table, records
from ikas_explore.text.progress import Bar

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.manage.plan import Plan


def show(planned: Plan, json: bool) -> None:
    """Print what a plan would change."""
    if json:
        print_json(records(planned.changes))
    else:
        print(planned.text(colour=sys.stdout.isatty()), flush=True)


def confirm(question: str) -> None:
    """Ask, and end the command unless the answer is yes; nobody there is a no."""
    if sys.stdin is None:  # it was closed from the start, as by <&-
        click.echo(question, err=True)
        raise click.Abort
    click.confirm(question, abort=True, err=True)


def carry_out(planned: Plan, json: bool) -> DataFrame:
    """Apply a plan and return its report, which is printed when it is interrupted."""
    try:
        with Bar("calls") as bar:
            return planned.apply(progress=bar)
    except KeyboardInterrupt:
        if planned.report is not None:
            print_report(planned.report, json)
        click.echo("Interrupted. What was written is in the journal: undo takes it back.", err=True)
        raise click.exceptions.Exit(130) from None


def all_done(report: DataFrame) -> bool:
    """Tell whether nothing failed."""
    return not report["outcome"].isin(["failed", "conflict"]).any()


def print_report(report: DataFrame, json: bool) -> None:
    """Print the outcome of each change."""
    if json:
        print_json(records(report))
        return
    changed = report[report["outcome"] != "kept"][["store", "scope", "outcome", "error"]]
    print_table(records(changed), empty="Nothing was written.")
