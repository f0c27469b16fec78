"""``lab``: JupyterLab on the notebooks, pointed at the sandbox."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.errors import StorageError
from ikas_explore.settings import SANDBOX, SANDBOX_SEED, check_store_name
from ikas_explore.system.files import is_trap
from ikas_explore.text.printable import printable

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
def command(context: click.Context, browser: bool, store: str, examples: Path | None) -> None:
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
