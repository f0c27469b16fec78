"""``run-notebooks``: execute notebooks as the check in CI will."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.lab import refuse_trap
from ikas_explore.cli.output import print_error
from ikas_explore.errors import IkasError
from ikas_explore.text.printable import printable


@click.command()
@options.notebooks
def command(paths: list[Path]) -> int:
    """Execute notebooks in place, on a sandbox.

    A folder stands for all notebooks in it and in its folders. ikas.connect() finds a sandbox
    with the same ids as under pytest --ikas-sandbox, whatever the environment or .env says.

    Exits with 0 when all were executed, and with 1 when a cell failed: that notebook is not saved.
    """
    from ikas_explore.testing.execution import run_notebook

    failed = False
    for notebook in paths:
        refuse_trap(notebook.parent)
        try:
            run_notebook(notebook)
            print(printable(str(notebook)))
        except IkasError as error:
            failed = True
            print_error(type(error).__name__, str(error))
    return int(failed)
