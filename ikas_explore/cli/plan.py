"""``plan``: what a file of desired webhooks would change."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.changing import show
from ikas_explore.cli.connecting import Where, many_stores, warn_of_failures


@click.command()
@options.desired
@options.prune
@many_stores
@options.as_json
def command(file: Path, prune: bool, where: Where, json: bool) -> int:
    """Show what a file would change.

    Nothing is changed. FILE is a TOML file or a snapshot of list --out. Exits with 0 when
    nothing would change, with 2 when something would, and with 1 when it could not be planned.
    """
    with where.fleet() as stores:
        planned = stores.plan(file, prune=prune)
        failed = warn_of_failures(stores)
    show(planned, json)
    # 2 for changes, as Terraform's plan.
    return 1 if failed else 0 if planned.empty else 2
