"""``schema``: types of another schema, for lists beyond webhooks."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.text.printable import printable


@click.command()
@click.option(
    "--from",
    "source",
    type=options.FILE,
    required=True,
    help="SDL, or the JSON answer to an introspection query.",
)
@click.option("--out", type=options.FILE, required=True, help="The Python module to write.")
def command(source: Path, out: Path) -> None:
    """Make types of a whole schema.

    They are for store.query(...).
    """
    from ikas_explore.schema.regenerate import write_types

    write_types(source, out)
    print(f"Wrote {printable(str(out))}.")
