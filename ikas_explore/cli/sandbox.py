"""``sandbox``, ``emit`` and ``deliveries``: an ikas on this machine."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from ikas_explore.cli.control import call, no_sandbox
from ikas_explore.cli.output import Json, print_json, print_table, records
from ikas_explore.text.printable import printable

Delays = Annotated[
    str, typer.Option("--retry-delays", help="Seconds before further attempts, with commas.")
]
Attempts = Annotated[int, typer.Option("--max-attempts", help="Attempts of a delivery in all.")]


def sandbox(
    path: Annotated[Path | None, typer.Option(help="A file that keeps its state.")] = None,
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
    max_attempts: Attempts = 3,
    retry_delays: Delays = "1,2",
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse the endpoints that ikas refuses.")
    ] = False,
    json: Json = False,
) -> None:
    """Run a sandbox until Ctrl-C or SIGTERM, and print how to reach it."""
    from ikas_explore.sandbox import Sandbox

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with Sandbox(
        path,
        port=port,
        max_attempts=max_attempts,
        retry_delays=read_delays(retry_delays),
        strict=strict,
    ) as running:
        names = ("base_url", "access_token", "client_id", "client_secret")
        told = {name: getattr(running, name) for name in names}
        if json:
            print_json(told, line=True)
        else:
            for name, value in told.items():
                print(f"{name:13} {value}")
            kept = f"kept in {path}" if path else "gone when it ends; --path FILE keeps it"
            print(f"\nIts state is {kept}. In another terminal:\n")
            print(f"export IKAS_BASE_URL={running.base_url}")
            print(f"export IKAS_ACCESS_TOKEN={running.access_token}")
            # For `receive` and `push`, which check and make signatures.
            print(f"export IKAS_CLIENT_SECRET={running.client_secret}", flush=True)
        while not ended.wait(1.0):  # in steps, so that signals get through on every system
            pass


def read_delays(text: str) -> list[float]:
    """Read ``--retry-delays``: seconds with commas between them."""
    try:
        return [float(each) for each in text.split(",") if each.strip()]
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not seconds with commas between them, such as 1,2."
        ) from None


def emit(
    scope: Annotated[str, typer.Argument(help="For example store/order/created.")],
    data: Annotated[Path | None, typer.Option(help="A file with the JSON to send.")] = None,
    json: Json = False,
) -> None:
    """Make an event happen in the sandbox at IKAS_BASE_URL."""
    body: dict[str, Any] = {"scope": scope}
    if data is not None:
        body["data"] = read_data(data)
    emitted = call("POST", "events", body)
    if json:
        print_json(emitted)
        return
    ids = emitted.get("deliveries") if isinstance(emitted, dict) else None
    if not isinstance(ids, list):
        raise no_sandbox("an event without its deliveries")
    if ids:
        print("\n".join(printable(str(each)) for each in ids))
    else:
        print(f"No webhook is registered for {printable(scope)}; nothing is delivered.")


def read_data(path: Path) -> str:
    """Read a file of JSON to be sent."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} cannot be read: {error}.") from None


def deliveries(json: Json = False) -> None:
    """List the deliveries of the sandbox at IKAS_BASE_URL."""
    rows = call("GET", "deliveries")
    if json:
        print_json(rows)
        return
    from ikas_explore.frames.frames import DELIVERIES, rows_frame

    try:
        frame = rows_frame(DELIVERIES, rows)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise no_sandbox("what are no deliveries") from None
    print_table(records(frame), empty="Nothing was delivered yet.")
