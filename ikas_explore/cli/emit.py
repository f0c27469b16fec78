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

    The sandbox is the one at IKAS_BASE_URL. SCOPE is for example store/order/created.
    """
    from ikas_explore.cli.control import call, not_a_sandbox

    emitted = call("POST", "events", {"scope": scope} | ({} if data is None else {"data": data}))
    if json:
        print_json(emitted)
        return
    ids = emitted.get("deliveries") if isinstance(emitted, dict) else None
    if not isinstance(ids, list):
        raise not_a_sandbox("with an event without its deliveries")
    if ids:
        print("\n".join(printable(str(each)) for each in ids))
    else:
        print(f"No webhook is registered for {printable(scope)}; nothing is delivered.")
