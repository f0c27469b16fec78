"""``diff``: what differs between two snapshots."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_frame


@click.command()
@click.argument("before", type=options.FILE)
@click.argument("after", type=options.FILE)
@options.as_json
def command(before: Path, after: Path, json: bool) -> int:
    """Compare two snapshots of list --out.

    They are Parquet, CSV or Excel. Exits with 0 when nothing differs, with 2 when something does,
    and with 1 when one of them cannot be read.
    """
    from ikas_explore.manage.changes import diff

    changes = diff(before, after)
    print_frame(changes, json, empty="Nothing differs.")
    return 0 if changes.empty else 2
