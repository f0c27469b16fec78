"""``schema``: a store's whole schema, saved, compared, or made into types."""

from __future__ import annotations

from pathlib import Path

import click

from ikas_explore.cli import options
from ikas_explore.cli.connecting import Where, one_store
from ikas_explore.text.printable import printable


@click.command()
@click.option(
    "--from",
    "source",
    type=options.FILE,
    help="SDL, or the JSON answer to an introspection query.  [default: ask the store]",
)
@click.option("--out", type=options.FILE, help=".py: types; .graphql: SDL; else introspection.")
@click.option("--check", type=options.FILE, help="Compare the store's schema with this file.")
@one_store
def command(source: Path | None, out: Path | None, check: Path | None, where: Where) -> int:
    """Save or compare a whole schema.

    Types (.py) are for store.query(...). --check exits with 2 when anything differs, and prints
    the changes that break callers first.
    """
    from ikas_explore.schema import files
    from ikas_explore.schema.regenerate import read_introspection

    if check is not None and (source is not None or out is not None):
        raise click.UsageError("--check takes neither --from nor --out.")
    if check is None and out is None:
        raise click.UsageError("Give --out FILE to save the schema, or --check FILE to compare it.")
    if source is not None:
        schema = read_introspection(source)
    else:
        with where.connect() as store:
            schema = store.client.introspect()
    if out is not None:
        files.write_schema(schema, out, source="a store" if source is None else source.name)
        print(f"Wrote {printable(str(out))}.")
    if check is not None:
        changes = files.changes(read_introspection(check), schema)
        print("\n".join(map(printable, changes)) or "Nothing differs.")
        return 2 if changes else 0
    return 0
