"""What changes a store: shown first, asked about, carried out and reported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from ikas_explore.cli.output import as_table, print_frame, print_json, records
from ikas_explore.errors import PlanError
from ikas_explore.text.progress import Bar
from ikas_explore.values.names import matches

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.manage.plan import Plan
    from ikas_explore.webhooks import Webhooks


def held(webhooks: Webhooks, scopes: Iterable[str]) -> list[dict[str, str]]:
    """Return the scope and endpoint of what is registered for scopes or patterns."""
    return [
        {"scope": row["scope"], "endpoint": row["endpoint"]}
        for row in records(webhooks.list())
        if any(matches(scope, row["scope"]) for scope in scopes)
    ]


def show(planned: Plan, json: bool) -> None:
    """Print what a plan would change."""
    if json:
        print_json(records(planned.changes))
    else:
        print(planned.text(colour=sys.stdout.isatty()), flush=True)


def show_and_confirm(look: Callable[[], list[dict[str, str]]], question: str, json: bool) -> None:
    """Show what would be lost, and ask; nothing is asked when that is nothing.

    `look` is called again after the answer: what was not shown must not be lost.
    """
    shown = look()
    if not shown:
        return
    # --json prints nothing but the result to stdout.
    click.echo(as_table(shown), err=json)
    confirm(question)
    if look() != shown:
        raise PlanError(
            "Nothing was sent: what is registered changed while you were asked. Run this again."
        )


def confirm(question: str) -> None:
    """Ask, and end the command unless the answer is yes; without a terminal that is a no."""
    if sys.stdin is None or not sys.stdin.isatty():
        click.echo(f"{question} Nothing was sent: use --yes where nobody can answer.", err=True)
        raise click.exceptions.Exit(1)
    click.confirm(question, abort=True, err=True)


def carry_out(planned: Plan, json: bool) -> bool:
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
