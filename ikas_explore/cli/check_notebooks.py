"""``check-notebooks``: what must not get into version control with a notebook."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_json
from ikas_explore.settings import read_variables
from ikas_explore.testing.notebooks import (
    NO_MAX_OUTPUT,
    RECORD,
    RULES,
    UNREADABLE,
    Finding,
    check_notebooks,
    find_records,
)
from ikas_explore.text.printable import counted, printable


@click.command()
@options.notebooks
@click.option(
    "--ignore",
    "ignored",
    type=click.Choice(RULES),
    metavar="RULE",
    multiple=True,
    help="Leave a rule out; may be repeated.",
)
@click.option("--max-output", type=int, hidden=True, help="Removed; says what to use.")
@options.as_json
def command(paths: list[Path], ignored: tuple[str, ...], max_output: int | None, json: bool) -> int:
    """Check saved notebooks before a commit.

    It finds secrets, e-mail addresses and phone numbers in outputs, machine paths, and cells out
    of order. PATHS are notebooks or folders. The frames recorded beside them are searched too. A
    secret is recognised by its form, or because the environment or .env holds it. What is found
    is shown masked. A cell tagged ikas-example-secret may show what only looks like a secret. In
    a notebook without any execution number (a stripped one) the order is not checked.

    The rules are secret, personal-data, machine-path, out-of-order and never-executed. To allow
    personal data, use --ignore personal-data.

    Exits with 0 when nothing was found, with 1 when something was, and with 2 when a notebook
    could not be read or the findings could not be written.
    """
    if max_output is not None:
        raise click.UsageError(NO_MAX_OUTPUT)
    files = dict.fromkeys([*paths, *find_records(paths)])
    findings = check_notebooks(files, environment=read_variables(), ignore=ignored)
    records = sum(file.suffix == RECORD for file in files)
    notebooks = len(files) - records
    if json:
        found = [finding._asdict() for finding in findings]
        print_json({"notebooks": notebooks, "records": records, "findings": found})
    else:
        _print(findings, notebooks, records)
    unread = any(each.rule == UNREADABLE for each in findings)
    return 2 if unread else 1 if findings else 0


def _print(findings: list[Finding], notebooks: int, records: int) -> None:
    width = max((len(each.rule) for each in findings), default=0)
    for notebook, group in groupby(findings, key=lambda each: each.notebook):
        print(printable(notebook))
        for each in group:
            where = f"{printable(each.where)}: " if each.where else ""  # it holds foreign names
            print(f"  {each.rule.ljust(width)}  {where}{each.message}")
    checked = counted(notebooks, "notebook")
    if records:
        checked += f" and {counted(records, 'recorded frame')}"
    bad = len({each.notebook for each in findings})
    print(
        f"{counted(len(findings), 'finding')} in {bad} of {checked}."
        if findings
        else f"Nothing found in {checked}."
    )
