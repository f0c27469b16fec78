"""``audit``: what is wrong with the webhooks of a store or of many, for people and for CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ikas_explore.cli import options
from ikas_explore.cli.connecting import Where, many_stores
from ikas_explore.cli.output import (
    print_error,
    print_json,
    print_markup,
    print_table,
    records,
)
from ikas_explore.errors import IkasError
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from ikas_explore.auditing.report import Audit


@click.command()
@click.option("--policy", type=options.FILE, help="A TOML file that says what is required.")
@click.option(
    "--format",
    type=click.Choice(["table", "json", "markdown", "html", "junit"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info"]),
    help="The least severity that exits with 1.  [default: the policy's, or warning]",
)
@click.option(
    "--probe", is_flag=True, help="Check each endpoint from this machine too: DNS, TLS, HEAD."
)
@click.option(
    "--received",
    type=options.FILE,
    help="Also judge deliveries: the log of receive --path, which may still run.",
)
@click.option("--rules", is_flag=True, help="List the rules, and check nothing.")
@many_stores
def audit_command(
    format: str, fail_on: str | None, rules: bool, where: Where, json: bool, **how: Any
) -> int:
    """Check the registered webhooks.

    Each finding says how to fix it.

    Exits with 0 when nothing as severe as --fail-on was found, with 1 when something was, and
    with 2 when a store could not be checked or the report could not be written.
    """
    if rules:
        from ikas_explore.auditing.audit import rule_table

        table = rule_table()
        print_json(table) if json else print_table(table, empty="There are no rules.")
        return 0
    try:
        with where.fleet() as stores:
            audited = stores.audit(**how)
    except IkasError as error:
        # Not 1, as in other commands: that says that all was checked.
        print_error(type(error).__name__, str(error))
        return 2
    except KeyboardInterrupt:
        print_error("Interrupted", "not all stores were checked.")
        return 2
    _print(audited, "json" if json else format, fail_on)
    return audited.exit_code(fail_on)


def _print(audited: Audit, format: str, fail_on: str | None) -> None:
    if format == "json":
        print_json(
            {
                "ok": audited.exit_code(fail_on) == 0,
                "worst": audited.worst,
                "stores": audited.stores,
                "unreached": audited.unreached,
                "findings": records(audited.findings),
                "ignored": records(audited.ignored),
            }
        )
    elif format == "table":
        _print_table(audited)
    elif format == "markdown":
        print(audited.to_markdown())
    else:
        print_markup(audited.to_html() if format == "html" else audited.to_junit())


def _print_table(audited: Audit) -> None:
    from ikas_explore.auditing.report import visible

    findings = audited.findings
    shown: Any = findings[["severity", "rule", "store", "scope", "endpoint", "message"]]
    # Masked as in the other reports: many people read what CI prints.
    print_table(records(shown.map(visible)), empty="Nothing was found.")
    remedies = findings.drop_duplicates("rule")
    if len(remedies):
        print("\nWhat to do:")
        for rule, remedy in zip(remedies["rule"], remedies["remedy"], strict=True):
            print(f"  {rule}: {printable(remedy)}")
    print(f"\n{audited.summary()}")
