"""``lab``, ``run-notebooks`` and ``check-notebooks``: notebooks on a sandbox, and saved ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_error, print_json
from ikas_explore.errors import IkasError, StorageError
from ikas_explore.settings import SANDBOX, SANDBOX_SEED, check_store_name, read_variables
from ikas_explore.system.files import is_trap
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

_PACKAGE = Path(__file__).parents[1]
_FIRST = "01_first_look.ipynb"


@click.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open a browser.")
@click.option("--store", default=SANDBOX, show_default=True, help="The store the notebooks ask.")
@click.option(
    "--examples",
    type=options.FILE,
    metavar="FOLDER",
    help="Write the example notebooks into this folder and open it.",
)
@click.pass_context
def lab_command(context: click.Context, browser: bool, store: str, examples: Path | None) -> None:
    """Open the notebooks in JupyterLab.

    It opens the folder notebooks, or this folder when there is none. Notebooks use a sandbox
    unless --store names a store. Further options are given to JupyterLab, for example --port
    8889.
    """
    check_store_name(store)
    if find_spec("jupyterlab") is None:
        click.echo("JupyterLab is not installed: pip install jupyterlab matplotlib.", err=True)
        raise click.exceptions.Exit(1)
    folder = find_notebooks(Path.cwd()) if examples is None else write_examples(examples.absolute())
    # -P: nothing that lies in the working folder is imported. It is not passed on to kernels.
    run = [sys.executable, "-P", "-m", "jupyterlab", *_options(folder), *context.args]
    if not browser:
        run.append("--no-browser")
    # In the environment it wins over any .env file beside the notebooks.
    environment = {**os.environ, "IKAS_STORE": store}
    # With the ids that `pytest --nbval --ikas-sandbox` will see.
    environment.setdefault("IKAS_SANDBOX_SEED", SANDBOX_SEED)
    if os.name == "nt":  # exec would give the terminal back while JupyterLab runs on
        code = subprocess.call(run, env=environment)  # noqa: S603 - our own words
        raise click.exceptions.Exit(code)
    os.execve(sys.executable, run, environment)  # noqa: S606 - signals go to JupyterLab


def find_notebooks(working_folder: Path) -> Path:
    """Return the folder to open."""
    folder = working_folder / "notebooks"
    if not folder.is_dir():
        folder = working_folder
    refuse_trap(folder)
    if not any(folder.glob("*.ipynb")):
        click.echo(
            f"There are no notebooks in {printable(str(folder))}. 'ikas-explore lab --examples "
            "FOLDER' writes the examples into a folder and opens it.",
            err=True,
        )
    return folder


def write_examples(folder: Path) -> Path:
    """Write the example notebooks into a folder, over nothing that is there; returns the folder."""
    refuse_trap(folder)
    packaged = _PACKAGE / "notebooks"
    source = packaged if packaged.exists() else _PACKAGE.parent / "notebooks"
    # With the frames they are compared with.
    for file in sorted([*source.glob("*.ipynb"), *source.glob("frames/*.json")]):
        copy = folder / file.relative_to(source)
        try:
            if not os.path.lexists(copy):  # nor is a link written through
                copy.parent.mkdir(exist_ok=True, parents=True)
                shutil.copyfile(file, copy)
        except OSError as error:
            raise StorageError(f"{copy} cannot be written: {error.strerror}.") from error
    return folder


def refuse_trap(folder: Path) -> None:
    """Refuse a folder whose notebooks another user may have laid there."""
    if is_trap(folder):
        raise StorageError(
            f"{folder} belongs to another user and lies where everybody may write, so its "
            "notebooks are not run. Work in a folder of your own."
        )


def _options(folder: Path) -> list[str]:
    first = f"/tree/{_FIRST}" if (folder / _FIRST).exists() else ""
    given = [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab{first}",
        # Nothing is looked up on the internet: no extensions, no updates, no news.
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Root is the user in most containers; it serves this machine only, with a token.
        given.append("--allow-root")
    return given


@click.command()
@options.notebooks
def run_notebooks_command(paths: list[Path]) -> int:
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
def check_notebooks_command(
    paths: list[Path], ignored: tuple[str, ...], max_output: int | None, json: bool
) -> int:
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
