"""``sandbox``, ``emit`` and ``deliveries``: an ikas on this machine that keeps running."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from shlex import quote
from typing import Any

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_json, print_table, records
from ikas_explore.text.printable import counted, printable

# Python's ssl and this package, requests, Node, curl.
_TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")


@click.command()
@click.option("--path", type=options.FILE, help="A file that keeps its state.")
@options.port
@options.max_attempts
@options.retry_delays
@click.option("--strict", is_flag=True, help="Refuse the endpoints that ikas refuses.")
@click.option("--blocks", is_flag=True, help="Apply ikas' limits, up to the block for good.")
@click.option("--time-scale", default=1.0, help="With 3600, an hour of these limits is a second.")
@click.option("--tls", is_flag=True, help="Speak https; needs the extra tls.")
@options.as_json
def sandbox_command(path: Path | None, json: bool, **settings: Any) -> None:
    """Run a sandbox until Ctrl-C or SIGTERM.

    It prints how to reach it.
    """
    from ikas_explore.sandbox import Sandbox

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with Sandbox(path, **settings) as running:
        names = ("base_url", "ca_file", "client_id", "client_secret", "access_token")
        shown = {name: value for name in names if (value := getattr(running, name)) is not None}
        if json:
            print_json(shown, line=True)
        else:
            for name, value in shown.items():
                print(f"{name:13} {value}")
            kept = f"kept in {path}" if path else "gone when it ends; --path FILE keeps it"
            print(f"\nIts state is {kept}. In another terminal:\n")
            print(f"export IKAS_BASE_URL={running.base_url}")
            print(f"export IKAS_ACCESS_TOKEN={running.access_token}")
            # For `receive` and `push`, which check and make signatures.
            print(f"export IKAS_CLIENT_SECRET={running.client_secret}", flush=True)
            if running.ca_file is not None:
                print("\nFor Python, Node and curl; Python and curl then trust nothing else:\n")
                for name in _TRUST:
                    print(f"export {name}={quote(running.ca_file)}", flush=True)
        while not ended.wait(1.0):  # in steps, so that signals get through on every system
            pass


@click.command()
@options.scope
@options.data
@options.as_json
def emit_command(scope: str, data: str | None, json: bool) -> None:
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


@click.command()
@click.option(
    "--limit",
    metavar="N|all",
    default="1000",
    show_default=True,
    callback=options.read_limit,
    help="The newest N, or all.",
)
@click.option("--since", help="A date (in UTC), or a time with its zone.")
@click.option(
    "--state",
    type=click.Choice(["pending", "delivered", "exhausted", "blocked", "withheld"]),
    help="Only those in this state.",
)
@options.as_json
def deliveries_command(limit: int | None, since: str | None, state: str | None, json: bool) -> None:
    """List the deliveries of the sandbox.

    The sandbox is the one at IKAS_BASE_URL. The newest come last, and stderr says how many
    there are.
    """
    from ikas_explore.cli.control import call_for_rows, not_a_sandbox

    rows, count = call_for_rows("deliveries", limit=limit, since=since, state=state)
    if json:
        print_json(rows)
    else:
        from ikas_explore.frames.frames import DELIVERIES, rows_frame

        try:
            frame = rows_frame(DELIVERIES, rows)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise not_a_sandbox("with something that is no list of deliveries") from None
        chosen = since is not None or state is not None
        print_table(
            records(frame), empty="No delivery fits." if chosen else "Nothing was delivered yet."
        )
    if count > len(rows):
        newest = f"The newest {len(rows):,} of {count:,} deliveries"
        click.echo(f"{newest}; --limit N or --limit all for more.", err=True)
    else:
        click.echo(f"{counted(count, 'delivery')}.", err=True)
