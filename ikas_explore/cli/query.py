"""``query`` and ``schema``: any list of ikas' schema, and the schema itself."""

from __future__ import annotations

import json as json_module
import warnings
from pathlib import Path
from typing import Any

import click

from ikas_explore.cli import options
from ikas_explore.cli.connecting import Where, many_stores, one_store, warn_of_failures
from ikas_explore.cli.output import print_frame
from ikas_explore.text.printable import counted, printable

_SHOWN = 1_000


def _names(_ctx: click.Context, _param: click.Parameter, texts: tuple[str, ...]) -> list[str]:
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _pairs(_ctx: click.Context, _param: click.Parameter, texts: tuple[str, ...]) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.")
        if name in pairs:  # the last would count, and nobody would know
            raise click.BadParameter(f"{name!r} is given more than once.")
        try:
            pairs[name] = json_module.loads(value)
        except (ValueError, RecursionError):
            pairs[name] = value  # a text needs no quotes
    return pairs


@click.command()
@click.argument("field")
@click.option("--select", multiple=True, callback=_names, help="Fields, with commas between them.")
@click.option(
    "--argument",
    "arguments",
    multiple=True,
    callback=_pairs,
    metavar="NAME=VALUE",
    help="""An argument of the list, as JSON: updatedAt='{"gte": "2026-11-01"}'.""",
)
@click.option(
    "--where", "conditions", multiple=True, callback=_pairs, metavar="NAME=VALUE",
    help="Only rows with this value; * matches any characters.",
)  # fmt: skip
@click.option("--sort", multiple=True, callback=_names, help="Fields to sort by.")
@click.option("--descending", is_flag=True, help="Sort downwards.")
@click.option("--explode", help="A list field: each of its elements becomes a row.")
@click.option("--mask", multiple=True, callback=_names, help="Columns to show as pseudonyms.")
@click.option(
    "--limit", default=str(_SHOWN), show_default=True, callback=options.read_limit,
    help="At most so many rows of each store, or 'all'.",
)  # fmt: skip
@click.option("--out", type=options.FILE, help="Write .parquet, .csv or .xlsx; then all rows.")
@many_stores
def query_command(
    field: str,
    select: list[str],
    arguments: dict[str, Any],
    conditions: dict[str, Any],
    sort: list[str],
    descending: bool,
    explode: str | None,
    mask: list[str],
    limit: int | None,
    out: Path | None,
    where: Where,
    json: bool,
) -> int:
    """Print a list of ikas' schema, for example listOrder.

    Exits with 1 when a store could not be asked.
    """
    with where.fleet() as stores, warnings.catch_warnings():
        warnings.showwarning = lambda said, *_: click.echo(printable(str(said)), err=True)
        query = stores.query(field).arguments(**arguments).where(**conditions)
        query = query.select(*select) if select else query
        query = query.sort(*sort, descending=descending) if sort or descending else query
        query = query.explode(explode) if explode else query
        query = query.mask(*mask) if mask else query
        if out is None and limit is not None:
            query = query.limit(limit)
        frame = query.to_frame()
        failed = warn_of_failures(stores)
    most = max(frame["store"].value_counts(), default=0)
    if where.file is None:
        frame = frame.drop(columns="store")
    if out is not None:
        from ikas_explore.frames.snapshots import write_snapshot

        write_snapshot(frame, out)
        click.echo(f"Wrote {counted(len(frame), 'row')} to {printable(str(out))}.", err=True)
    else:
        print_frame(frame, json, empty="No rows.")
        if not json and limit is not None and most >= limit:
            asked = f"At most {counted(limit, 'row')} of each store"
            click.echo(f"{asked}; --limit N or --limit all for more.", err=True)
    return int(failed)


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
def schema_command(source: Path | None, out: Path | None, check: Path | None, where: Where) -> int:
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
