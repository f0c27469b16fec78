"""``list``, ``save`` and ``delete``: a store's webhooks."""

from __future__ import annotations

from typing import Annotated

import typer

from ikas_explore.cli.output import Json, print_json, print_table, webhook_records
from ikas_explore.store import Store, connect

StoreName = Annotated[
    str | None,
    typer.Option("--store", help="The store's name, or 'sandbox'.", show_default="IKAS_STORE"),
]
Version = Annotated[str | None, typer.Option("--api-version", help="v1 or v2.", show_default="v1")]


def list_(store: StoreName = None, api_version: Version = None, json: Json = False) -> None:
    """List the registered webhooks."""
    with _connect(store, api_version) as connected:
        frame = connected.webhooks.list()
    if json:
        print_json(webhook_records(frame))
    else:
        print_table(frame, empty=f"{connected.name} has no webhooks.")


def save(
    endpoint: Annotated[str, typer.Argument(help="Where ikas is to push to.")],
    scopes: Annotated[list[str], typer.Argument(help="For example store/order/created.")],
    sales_channel: Annotated[
        list[str] | None, typer.Option(help="Limit to a sales channel; may be repeated.")
    ] = None,
    replace: Annotated[
        bool, typer.Option(help="Take scopes over that another endpoint holds.")
    ] = True,
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """Register an endpoint for one or more scopes."""
    with _connect(store, api_version) as connected:
        frame = connected.webhooks.save(
            endpoint, scopes, sales_channel_ids=sales_channel or None, replace=replace
        )
    if json:
        print_json(webhook_records(frame))
    else:
        print_table(frame, empty="Nothing was saved.")


def delete(
    scopes: Annotated[list[str], typer.Argument(help="For example store/order/created.")],
    store: StoreName = None,
    api_version: Version = None,
    json: Json = False,
) -> None:
    """Remove the webhooks of one or more scopes, whatever endpoint holds them."""
    with _connect(store, api_version) as connected:
        answer = connected.webhooks.delete(scopes)
    if json:
        print_json({"deleteWebhook": answer})
    elif answer:
        print(f"Deleted in {connected.name}: {', '.join(scopes)}.")
    else:
        print(f"{connected.name} answered false: list tells what is registered.")
    if not answer:
        raise typer.Exit(1)


def _connect(store: str | None, api_version: str | None) -> Store:
    connected = connect(store, api_version=api_version)
    if connected.sandbox is not None:
        typer.echo(
            "This sandbox and what is changed in it end with this command; "
            "'ikas-explore sandbox --path FILE' keeps one.",
            err=True,
        )
    return connected
