"""``check-notebooks``: what must not get into version control with a notebook."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

import typer

from ikas_explore.cli.output import Json, print_json
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.settings import read_variables
from ikas_explore.testing.notebooks import (
    MAX_OUTPUT,
    UNREADABLE,
    Finding,
    check_notebooks,
    find_notebooks,
)


def check(
    paths: Annotated[list[str], typer.Argument(help="Notebooks, or folders of them.")],
    max_output: Annotated[int, typer.Option(help="Bytes an output may have.")] = MAX_OUTPUT,
    json: Json = False,
) -> None:
    """Look for secrets, cells out of order, machine paths and large outputs in notebooks.

    Ends with 0 when all is well, 1 with findings, 2 when a notebook could not be read. A secret
    is known by its form, or because the environment or .env holds it; it is shown masked. A cell
    tagged ikas-example-secret may show what only looks like one.
    """
    try:
        notebooks = find_notebooks(paths)
    except InvalidArgumentError as error:
        raise typer.BadParameter(str(error)) from None  # ends with 2
    findings = check_notebooks(notebooks, environment=read_variables(), max_output=max_output)
    if json:
        print_json(
            {"notebooks": len(notebooks), "findings": [finding._asdict() for finding in findings]}
        )
    else:
        _print(findings, len(notebooks))
    if findings:
        raise typer.Exit(2 if any(each.rule == UNREADABLE for each in findings) else 1)


def _print(findings: list[Finding], checked: int) -> None:
    width = max((len(each.rule) for each in findings), default=0)
    for notebook, group in groupby(findings, key=lambda each: each.notebook):
        print(notebook)
        for each in group:
            print(f"  {each.rule.ljust(width)}  {_said(each)}")
    bad = len({each.notebook for each in findings})
    print(
        f"{len(findings)} findings in {bad} of {checked} notebooks."
        if findings
        else f"Nothing found in {checked} notebook{'s' * (checked != 1)}."
    )


def _said(finding: Finding) -> str:
    return f"{finding.where}: {finding.message}" if finding.where else finding.message
