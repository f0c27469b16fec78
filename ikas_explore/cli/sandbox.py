"""``sandbox``: an ikas on this machine that keeps running."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from shlex import quote

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_json

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
def command(
    path: Path | None,
    port: int,
    max_attempts: int,
    retry_delays: list[float],
    strict: bool,
    blocks: bool,
    time_scale: float,
    tls: bool,
    json: bool,
) -> None:
    """Run a sandbox until Ctrl-C or SIGTERM.

    It prints how to reach it.
    """
    from ikas_explore.sandbox import Sandbox

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with Sandbox(
        path,
        port=port,
        max_attempts=max_attempts,
        retry_delays=retry_delays,
        strict=strict,
        blocks=blocks,
        time_scale=time_scale,
        tls=tls,
    ) as running:
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
