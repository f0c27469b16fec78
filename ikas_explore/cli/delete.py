"""``delete``: remove webhooks."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ikas_explore.cli import options
from ikas_explore.cli.changing import show_and_confirm
from ikas_explore.cli.connecting import Where, one_store
from ikas_explore.cli.output import print_json, records
from ikas_explore.values.names import matches
from ikas_explore.values.urls import same_endpoint


@click.command()
@options.scopes
@click.option("--endpoint", help="Remove them only if this endpoint holds them all.")
@options.yes
@one_store
@options.as_json
def command(
    scopes: tuple[str, ...], endpoint: str | None, yes: bool, where: Where, json: bool
) -> None:
    """Remove the webhooks of one or more scopes.

    You see which and are asked first.

    A pattern such as 'store/order/*' stands for the
    registered scopes that match.
    """
    with where.connect() as connected:

        def lost() -> list[Mapping[str, str]]:
            found: list[Mapping[str, str]] = [
                {"scope": row["scope"], "endpoint": row["endpoint"]}
                for row in records(connected.webhooks.list())
                if any(matches(scope, row["scope"]) for scope in scopes)
            ]
            # With another holder nothing is removed; that is an error, and no question.
            held = endpoint is None or all(
                same_endpoint(row["endpoint"], endpoint) for row in found
            )
            return found if held else []

        if not yes:
            show_and_confirm(lost, f"Delete this from {connected.name}?", json)
        answer = connected.webhooks.delete(scopes, endpoint=endpoint)
    if json:
        print_json({"deleteWebhook": answer})
    elif answer:
        print(f"Deleted in {connected.name}: {', '.join(scopes)}.")
    else:
        print(f"{connected.name} answered false. Run list to see what is registered.")
    if not answer:
        raise click.exceptions.Exit(1)
