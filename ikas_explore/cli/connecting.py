"""Which store or stores a command is about, and where its writes are journaled."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ikas_explore.cli.output import print_error
from ikas_explore.store import Store, connect

if TYPE_CHECKING:
    from ikas_explore.fleet import Fleet

StoreName = Annotated[
    str | None,
    typer.Option("--store", help="The store's name, or 'sandbox'.", show_default="IKAS_STORE"),
]
Version = Annotated[str | None, typer.Option("--api-version", help="v1 or v2.", show_default="v1")]
FleetFile = Annotated[
    Path | None, typer.Option("--fleet", help="A TOML file that names many stores.")
]

_JOURNAL = "IKAS_JOURNAL"


def connect_store(store: str | None, api_version: str | None) -> Store:
    """Connect as the options and the environment say."""
    _journal_on_disk()
    connected = connect(store, api_version=api_version)
    if connected.sandbox is not None:
        os.environ[_JOURNAL] = ""  # in memory: what it would bring back ends with the sandbox
        typer.echo(
            "This sandbox and what is changed in it end with this command; "
            "'ikas-explore sandbox --path FILE' keeps one.",
            err=True,
        )
    return connected


def connect_fleet(fleet: Path | None, store: str | None, api_version: str | None) -> Fleet:
    """Connect to the stores of a file, or to one store as a fleet of one."""
    from ikas_explore.fleet import Fleet

    if fleet is None:
        return Fleet([connect_store(store, api_version)])
    if store is not None or api_version is not None:
        raise typer.BadParameter("--fleet names the stores and their versions in its file.")
    _journal_on_disk()
    return Fleet.from_file(fleet)


def warn_of_failures(fleet: Fleet) -> bool:
    """Tell on stderr which stores could not be listed; returns whether there are any."""
    failed = fleet.errors
    interrupted = failed["error"] == KeyboardInterrupt.__name__
    for row in failed[~interrupted].to_dict("records"):
        print_error(row["error"], row["message"])
    if interrupted.any():
        typer.secho(f"Interrupted: {interrupted.sum()} stores were not listed.", fg="red", err=True)
    return not failed.empty


def _journal_on_disk() -> None:
    # Each command is a process of its own: in memory nothing would be left for `undo`.
    if not os.environ.get(_JOURNAL):
        os.environ[_JOURNAL] = str(Path.home() / ".ikas-explore" / "journal.jsonl")
