"""``listen``: a store's deliveries on this machine for a while."""

from __future__ import annotations

import signal
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ikas_explore.cli import options
from ikas_explore.cli.asking import confirm, held, show_and_confirm
from ikas_explore.cli.connecting import Where, one_store
from ikas_explore.cli.endpoints import print_requests
from ikas_explore.cli.output import as_table, print_json, print_table, records
from ikas_explore.cli.tunnel import tunnel
from ikas_explore.deliveries import leases
from ikas_explore.errors import ScopeTakenError
from ikas_explore.text.printable import counted
from ikas_explore.values.urls import same_endpoint

if TYPE_CHECKING:
    from ikas_explore.store import Store


@click.command()
@click.argument("app", required=False, metavar="[PORT[/PATH] | URL]")
@click.option(
    "--scopes",
    multiple=True,
    metavar="PATTERN",
    help="A scope or pattern, for example 'store/order/*'. Can be given several times.",
)
@click.option("--url", help="The public address of your tunnel.")
@click.option(
    "--tunnel",
    "command_line",
    metavar="COMMAND",
    help="Opens your tunnel, for example 'ssh -R 80:localhost:{port} a.example'. The first https "
    "address that it prints without a path, or on a line of its own, is used.",
)
@click.option("--port", default=0, show_default=True, help="Where the tunnel leads; 0: a free one.")
@click.option("--take", is_flag=True, help="Also borrow scopes that another endpoint holds.")
@click.option("--answer", type=click.Choice(["app"]), help="Answer ikas what your app answers.")
@click.option("--path", type=options.FILE, help="A file that keeps what arrives.")
@click.option("--restore", is_flag=True, help="Give back what a session that crashed left.")
@options.yes
@one_store
@options.as_json
def listen_command(
    app: str | None,
    scopes: tuple[str, ...],
    url: str | None,
    command_line: str | None,
    port: int,
    take: bool,
    answer: str | None,
    path: Path | None,
    restore: bool,
    yes: bool,
    where: Where,
    json: bool,
) -> None:
    """Receive a store's deliveries here, for a while.

    The scopes are borrowed until Ctrl-C; then each goes back to the endpoint that had it before.
    Your app, for example 3000/webhooks, gets the exact bytes of each verified delivery.
    IKAS_CLIENT_SECRET verifies them.
    """
    with where.connect() as connected:
        if restore:
            _restore(connected, yes, json)
            return
        if not scopes:
            raise click.UsageError("Name what to borrow, for example --scopes 'store/order/*'.")
        if (url is None) == (command_line is None):
            raise click.UsageError("Give either --url or --tunnel.")
        if answer and app is None:
            raise click.UsageError("--answer app needs your app, for example 3000/webhooks.")

        def taken() -> list[dict[str, str]]:
            found = held(connected.webhooks, scopes)
            return [row for row in found if not same_endpoint(row["endpoint"], url)]

        if take and not yes:
            show_and_confirm(taken, "Borrow these scopes until you press Ctrl-C?", json)
        # A terminal that is closed ends it as cleanly as Ctrl-C.
        for each in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, each):
                signal.signal(getattr(signal, each), signal.default_int_handler)
        with ExitStack() as opened:
            if command_line is not None:
                port = port or _free_port()
                url = opened.enter_context(tunnel(command_line, port))
            try:
                session = opened.enter_context(
                    connected.webhooks._listen(
                        scopes,
                        url=url or "",
                        client_secret=(),
                        take=take,
                        port=port,
                        forward_to=_target(app),
                        path=path,
                        answer_app=answer == "app",
                    )
                )
            except ScopeTakenError as error:
                said = f"{error}\n--take borrows what another endpoint holds."
                raise ScopeTakenError(said) from None
            if json:
                borrowed = records(session.borrowed)
                here = session.receiver.endpoint
                print_json({"url": url, "endpoint": here, "borrowed": borrowed}, line=True)
            else:
                print(
                    f"Listening at {url} ({session.receiver.endpoint}) until Ctrl-C; "
                    f"{counted(len(session.borrowed), 'scope')} borrowed.",
                    flush=True,
                )
            print_requests(session.receiver, None, json)
            click.echo(as_table(records(session.restore())), err=True)


def _restore(connected: Store, yes: bool, json: bool) -> None:
    found = leases.leases_of(connected.base_url, connected.name)
    left = leases.dead(found)
    running = [each for each in found if each not in left]
    if running:
        click.echo(f"Still borrowed, as it runs: {leases.named(running)}.", err=True)
    if left and not yes:
        shown = [
            {"scope": each.scope, "endpoint": each.endpoint, "before": each.before} for each in left
        ]
        click.echo(as_table(shown), err=json)
        confirm(f"Give these back in {connected.name}?")
    rows = records(connected.webhooks._give_back()) if left else []
    if json:
        print_json(rows)
    else:
        print_table(rows, empty="Nothing to give back.")


def _target(app: str | None) -> str | None:
    """Return the address that ``3000`` or ``3000/webhooks`` stands for."""
    if app is not None and app.partition("/")[0].isdecimal():
        return f"http://localhost:{app}"
    if app is not None and "://" not in app:
        raise click.UsageError(f"{app!r} is neither a port, for example 3000/webhooks, nor a URL.")
    return app


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
