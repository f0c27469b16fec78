"""``emit``: an event in a running sandbox."""

from __future__ import annotations

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_json
from ikas_explore.text.printable import printable


@click.command()
@options.scope
@options.data
@options.as_json
def command(scope: str, data: str | None, json: bool) -> None:
    """Make an event happen in the sandbox.

    The sandbox is the one at IKAS_BASE_URL. SCOPE is for example store/order/created,
    or a pattern of scopes.
    """
    from ikas_explore.cli.control import call, not_a_sandbox
    from ikas_explore.schema.scopes import check_scopes

    given = {} if data is None else {"data": data}
    scopes = check_scopes(scope, patterns=True) if "*" in scope else [scope]
    events = [call("POST", "events", {"scope": each} | given) for each in scopes]
    if json:
        print_json(events if "*" in scope else events[0])
        return
    ids = []
    for event in events:
        made = event.get("deliveries") if isinstance(event, dict) else None
        if not isinstance(made, list):
            raise not_a_sandbox("with an event without its deliveries")
        ids += made
    if ids:
        print("\n".join(printable(str(each)) for each in ids))
    else:
        print(f"No webhook is registered for {printable(scope)}; nothing is delivered.")
