"""Options and arguments that several commands share, and how a shell completes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.system.files import reason_of, user_path


class _File(click.Path):
    """A path as the rest of the package reads it: ``~`` is the home folder after ``=``, too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return user_path(os.fsdecode(super().convert(value, param, ctx)))
        except InvalidArgumentError as error:
            self.fail(str(error), param, ctx)


FILE = _File(path_type=Path)


store = click.option(
    "--store",
    help="The store's name, or 'sandbox'.  [default: IKAS_STORE]",
    shell_complete=lambda *_: ["sandbox"],
)
api_version = click.option(
    "--api-version", help="v1 or v2.  [default: v1]", shell_complete=lambda *_: ["v1", "v2"]
)
fleet = click.option("--fleet", type=FILE, help="A TOML file that names many stores.")
as_json = click.option("--json", is_flag=True, help="Print JSON in place of a table.")
received = click.option(
    "--received",
    type=FILE,
    required=True,
    help="The log of receive --path, or of a Receiver, which may still run.",
)
until = click.option("--until", help="A day in UTC, or an ISO time.  [default: now, less --grace]")
grace = click.option(
    "--grace", default=300.0, show_default=True, help="Seconds for deliveries under way."
)
forward_to = click.option(
    "--forward-to",
    metavar="URL",
    help="Your app: it gets the exact bytes of each verified delivery.",
)
port = click.option("--port", default=0, show_default=True, help="0 takes a free one.")
yes = click.option("--yes", is_flag=True, help="Do not ask.")
prune = click.option("--prune", is_flag=True, help="Also delete what the file does not name.")
desired = click.argument("file", type=FILE)
max_attempts = click.option(
    "--max-attempts", default=3, show_default=True, help="Attempts of a delivery in all."
)


def _read_delays(ctx: click.Context, param: click.Parameter, text: str) -> list[float]:
    try:
        return [float(each) for each in text.split(",") if each.strip()]
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not seconds with commas between them, for example 1,2."
        ) from None


retry_delays = click.option(
    "--retry-delays",
    default="1,2",
    show_default=True,
    callback=_read_delays,
    help="Seconds before further attempts, with commas.",
)


def _read_data(ctx: click.Context, param: click.Parameter, path: Path | None) -> str | None:
    try:
        return None if path is None else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{path} cannot be read: {reason_of(error)}.") from None


data = click.option("--data", type=FILE, callback=_read_data, help="A file with the JSON to send.")


def _complete_scope(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from ikas_explore.schema.scopes import Scope

    return [str(scope) for scope in Scope.registrable() if scope.startswith(incomplete)]


def read_limit(ctx: click.Context, param: click.Parameter, text: str) -> int | None:
    """Return what ``--limit`` says; None is all."""
    if text == "all":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise click.BadParameter(f"{text!r} is neither a whole number nor 'all'.")
    return int(text)


def _find_notebooks(
    ctx: click.Context, param: click.Parameter, paths: tuple[Path, ...]
) -> list[Path]:
    from ikas_explore.testing.notebooks import find_notebooks

    try:
        return find_notebooks(paths)
    except InvalidArgumentError as error:
        raise click.UsageError(str(error)) from None


notebooks = click.argument("paths", nargs=-1, required=True, type=FILE, callback=_find_notebooks)
scope = click.argument("scope", shell_complete=_complete_scope)
scopes = click.argument("scopes", nargs=-1, required=True, shell_complete=_complete_scope)
