"""``check-notebooks``: what must not get into version control with a notebook."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from ikas_explore.cli.output import Json, print_json
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.settings import read_variables
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from ikas_explore.testing.notebooks import Finding


def check(
    paths: Annotated[list[str], typer.Argument(help="Notebooks, or folders of them.")],
    # testing.notebooks.MAX_OUTPUT, which no other command should have to import.
    max_output: Annotated[int, typer.Option(help="Bytes an output may have.")] = 500_000,
    json: Json = False,
) -> None:
    """Look for secrets, cells out of order, machine paths and large outputs in notebooks.

    The frames recorded beside them are searched for secrets and paths too. Ends with 0 when all
    is well, 1 with findings, 2 when a notebook could not be read or the findings not written. A
    secret is known by its form, or because the environment or .env holds it; it is shown masked.
    A cell tagged ikas-example-secret may show what only looks like one.
    """
    from ikas_explore.testing.notebooks import (
        RECORD,
        UNREADABLE,
        check_notebooks,
        find_notebooks,
        find_records,
    )

    try:
        named = find_notebooks(paths)
    except InvalidArgumentError as error:
        raise typer.BadParameter(str(error)) from None  # ends with 2
    files = dict.fromkeys([*named, *find_records(named)])
    records = sum(file.suffix == RECORD for file in files)
    notebooks = len(files) - records
    findings = check_notebooks(files, environment=read_variables(), max_output=max_output)
    if json:
        found = [finding._asdict() for finding in findings]
        print_json({"notebooks": notebooks, "records": records, "findings": found})
    else:
        _print(findings, notebooks, records)
    if findings:
        raise typer.Exit(2 if any(each.rule == UNREADABLE for each in findings) else 1)


def _print(findings: list[Finding], notebooks: int, records: int) -> None:
    width = max((len(each.rule) for each in findings), default=0)
    for notebook, group in groupby(findings, key=lambda each: each.notebook):
        print(printable(notebook))
        for each in group:
            print(f"  {each.rule.ljust(width)}  {_said(each)}")
    checked = f"{notebooks} notebook{'s' * (notebooks != 1)}"
    if records:
        checked += f" and {records} recorded frame{'s' * (records != 1)}"
    bad = len({each.notebook for each in findings})
    print(
        f"{len(findings)} findings in {bad} of {checked}."
        if findings
        else f"Nothing found in {checked}."
    )


def _said(finding: Finding) -> str:
    where = printable(finding.where)  # it holds names out of the notebook
    return f"{where}: {finding.message}" if where else finding.message
