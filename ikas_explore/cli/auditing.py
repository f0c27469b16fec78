"""``audit``: what is wrong with the webhooks of a store or of many, for people and for CI."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ikas_explore.cli.connecting import FleetFile, StoreName, Version, connect_fleet
from ikas_explore.cli.output import (
    Json,
    print_error,
    print_json,
    print_markup,
    print_table,
    records,
)
from ikas_explore.errors import IkasError
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from ikas_explore.auditing.result import Audit


class Format(StrEnum):
    """How an audit is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    JUNIT = "junit"


class Severity(StrEnum):
    """What an audit fails on."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


def audit(
    fleet: FleetFile = None,
    policy: Annotated[Path | None, typer.Option(help="A TOML file: what is required.")] = None,
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.TABLE,
    fail_on: Annotated[
        Severity | None,
        typer.Option(help="The least severity that ends with 1.", show_default="the policy's"),
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Look at each endpoint from here too: DNS, TLS, HEAD.")
    ] = False,
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """Say what is wrong with the registered webhooks, and what to do.

    Ends with 0 when all is well, with 1 when something was found, and with 2 when a store could
    not be checked or the report not written.
    """
    try:
        with connect_fleet(fleet, store, api_version) as stores:
            audited = stores.audit(policy, probe=probe)
    except IkasError as error:
        # Not the 1 of other commands' errors: that says that all was checked.
        print_error(type(error).__name__, str(error))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.secho("Interrupted: not all stores were checked.", fg="red", err=True)
        raise typer.Exit(2) from None
    _print(audited, Format.JSON if json else format, fail_on)
    raise typer.Exit(audited.exit_code(fail_on and fail_on.value))


def _print(audited: Audit, format: Format, fail_on: Severity | None) -> None:
    if format is Format.JSON:
        print_json(
            {
                "ok": audited.exit_code(fail_on and fail_on.value) == 0,
                "worst": audited.worst,
                "stores": audited.stores,
                "unreached": audited.unreached,
                "findings": records(audited.findings),
                "ignored": records(audited.ignored),
            }
        )
    elif format is Format.TABLE:
        _print_table(audited)
    elif format is Format.MARKDOWN:
        print(audited.to_markdown())
    else:
        print_markup(audited.to_html() if format is Format.HTML else audited.to_junit())


def _print_table(audited: Audit) -> None:
    from ikas_explore.auditing.text import visible

    findings = audited.findings
    shown: Any = findings[["severity", "rule", "store", "scope", "endpoint", "message"]]
    # Masked as in the other reports: what CI prints is read by many.
    print_table(records(shown.fillna("").map(visible)), empty="Nothing was found.")
    remedies = findings.drop_duplicates("rule")
    if len(remedies):
        print("\nWhat to do:")
        for rule, remedy in zip(remedies["rule"], remedies["remedy"], strict=True):
            print(f"  {rule}: {printable(remedy)}")
    counts = ", ".join(f"{count} {severity}" for severity, count in audited.counts().items())
    print(
        f"\n{counts}; {len(audited.stores)} stores checked, {len(audited.unreached)} not reached, "
        f"{len(audited.ignored)} findings ignored."
    )
