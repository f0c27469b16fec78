"""``delete``: remove webhooks."""

from __future__ import annotations

import click

from ikas_explore.cli import options
from ikas_explore.cli.changing import held, show_and_confirm
from ikas_explore.cli.connecting import Where, one_store
from ikas_explore.cli.output import print_json
from ikas_explore.values.urls import same_endpoint


@click.command()
@options.scopes
@click.option("--endpoint", help="Remove them only if this endpoint holds them all.")
@options.yes
@one_store
@options.as_json
def command(
    scopes: tuple[str, ...], endpoint: str | None, yes: bool, where: Where, json: bool
) -> int:
    """Remove the webhooks of one or more scopes.

    You see which and are asked first.

    A pattern such as 'store/order/*' stands for the registered scopes that match.
    """
    with where.connect() as connected:

        def lost() -> list[dict[str, str]]:
            found = held(connected.webhooks, scopes)
            # With another holder nothing is removed; that is an error, and no question.
            one = endpoint is None or all(same_endpoint(row["endpoint"], endpoint) for row in found)
            return found if one else []

        if not yes:
            show_and_confirm(lost, f"Delete this from {connected.name}?", json)
        answer = connected.webhooks.delete(scopes, endpoint=endpoint)
    if json:
        print_json({"deleteWebhook": answer})
    elif answer:
        print(f"Deleted in {connected.name}: {', '.join(scopes)}.")
    else:
        print(f"{connected.name} answered false. Run list to see what is registered.")
    return 0 if answer else 1
