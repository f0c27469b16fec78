"""``apply``: make the webhooks what a file says."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.changing import carry_out, confirm, show
from ikas_explore.cli.connecting import Where, many_stores, warn_of_failures


@click.command()
@options.desired
@options.yes
@options.prune
@many_stores
@options.as_json
def command(file: Path, yes: bool, prune: bool, where: Where, json: bool) -> int:
    """Make the webhooks what a file says.

    You see what would change and are asked first. FILE is a TOML file or a snapshot of list
    --out. Exits with 1 when not everything could be changed.
    """
    if json and not yes:
        raise click.UsageError("--json needs --yes: there is nobody to ask.")
    with where.fleet() as stores:
        planned = stores.plan(file, prune=prune)
        failed = warn_of_failures(stores)
        if not json:
            show(planned, json)
        if not planned.empty and not yes:
            confirm("Apply these changes?")
        done = carry_out(planned, json)
    return 0 if done and not failed else 1
