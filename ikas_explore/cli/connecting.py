"""Which store or stores a command is about, and where its writes are journaled."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_error
from ikas_explore.text.printable import counted

if TYPE_CHECKING:
    from ikas_explore.fleet import Fleet
    from ikas_explore.store import Store

_JOURNAL = "IKAS_JOURNAL"


class Where(NamedTuple):
    """What was typed to say which store or stores are meant."""

    store: str | None
    api_version: str | None
    file: Path | None = None

    def connect(self) -> Store:
        """Connect to one store, as the options and the environment say."""
        from ikas_explore.store import connect

        _journal_on_disk()
        connected = connect(self.store, api_version=self.api_version)
        if connected.sandbox is not None:
            click.echo(
                "This sandbox and its changes end with this command; "
                "'ikas-explore sandbox --path FILE' keeps one.",
                err=True,
            )
        return connected

    def fleet(self) -> Fleet:
        """Connect to the stores of a file, or to one store as a fleet of one."""
        from ikas_explore.fleet import Fleet

        if self.file is None:
            return Fleet([self.connect()])
        if self.store is not None or self.api_version is not None:
            raise click.UsageError(
                "--fleet names the stores and their versions in its file; leave out --store and "
                "--api-version."
            )
        _journal_on_disk()
        # Commands print the failures themselves.
        warnings.filterwarnings("ignore", message=r".*fleet\.errors says why")
        return Fleet.from_file(self.file)


def _journal_on_disk() -> None:
    # Each command is a process of its own: `undo` would find nothing in memory.
    if not os.environ.get(_JOURNAL):
        os.environ[_JOURNAL] = "~/.ikas-explore/journal.jsonl"


def one_store(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a store; the command gets them as `where`."""

    @options.store
    @options.api_version
    @wraps(command)
    def run(*, store: str | None, api_version: str | None, **rest: Any) -> Any:
        return command(where=Where(store, api_version, rest.pop("fleet", None)), **rest)

    return run


def many_stores(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a store or a file of many, and --json."""
    return options.fleet(one_store(options.as_json(command)))


def warn_of_failures(fleet: Fleet) -> bool:
    """Name the stores that could not be listed on stderr; returns whether there are any."""
    failed = fleet.errors
    interrupted = failed["error"] == KeyboardInterrupt.__name__
    for row in failed[~interrupted].to_dict("records"):
        print_error(row["error"], row["message"])
    if interrupted.any():
        print_error("Interrupted", f"{counted(int(interrupted.sum()), 'store')} not listed.")
    return not failed.empty
