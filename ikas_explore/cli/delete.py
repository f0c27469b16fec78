"""``delete``: remove webhooks."""

from __future__ import annotations

import click

from ikas_explore.cli import options
from ikas_explore.cli.connecting import Where, one_store
from ikas_explore.cli.output import print_json


@click.command()
@options.scopes
@one_store
@options.as_json
def command(scopes: tuple[str, ...], where: Where, json: bool) -> None:
    """Remove the webhooks of one or more SCOPES, for any endpoint."""
    with where.connect() as connected:
        answer = connected.webhooks.delete(scopes)
    if json:
        print_json({"deleteWebhook": answer})
    elif answer:
        print(f"Deleted in {connected.name}: {', '.join(scopes)}.")
    else:
        print(f"{connected.name} answered false. Run list to see what is registered.")
    if not answer:
        raise click.exceptions.Exit(1)
