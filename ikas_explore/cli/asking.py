"""What would be lost is shown first, and somebody is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from ikas_explore.cli.output import as_table
from ikas_explore.errors import PlanError
from ikas_explore.values.names import matches

if TYPE_CHECKING:
    from ikas_explore.webhooks import Webhooks


def held(webhooks: Webhooks, scopes: Iterable[str]) -> list[dict[str, str]]:
    """Return the scope and endpoint of what is registered for scopes or patterns."""
    rows = webhooks.query().select("scope", "endpoint").sort("scope").to_records()
    return [row for row in rows if any(matches(scope, row["scope"]) for scope in scopes)]


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
