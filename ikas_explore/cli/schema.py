"""``schema``: types of another schema, for lists beyond webhooks."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options


@click.command()
@click.option(
    "--from",
    "source",
    type=options.FILE,
    required=True,
    help="The answer to an introspection query.",
)
@click.option("--out", type=options.FILE, required=True, help="The Python module to write.")
def command(source: Path, out: Path) -> None:
    """Make types of a whole schema, for store.query(...)."""
    from ikas_explore.schema.regenerate import main

    raise click.exceptions.Exit(main(["--from", str(source), "--out", str(out)]))
