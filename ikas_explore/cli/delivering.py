"""``receive`` and ``push``: the two ends of a delivery."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ikas_explore.cli.output import Json, print_json, print_table, records
from ikas_explore.cli.sandbox import Attempts, Delays, read_data, read_delays
from ikas_explore.errors import CredentialsError, WaitTimeoutError
from ikas_explore.settings import read_variable
from ikas_explore.text.printable import printable
from ikas_explore.values.secret import hide

if TYPE_CHECKING:
    import pandas as pd

_SECRET = "IKAS_CLIENT_SECRET"  # noqa: S105 - the name of a variable


def receive(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
    path: Annotated[Path | None, typer.Option(help="A file that keeps the log.")] = None,
    status: Annotated[int, typer.Option(help="What deliveries are answered with.")] = 200,
    count: Annotated[
        int | None, typer.Option(help="End after so many.", show_default="until Ctrl-C")
    ] = None,
    json: Json = False,
) -> None:
    """Receive deliveries on this machine and print each; IKAS_CLIENT_SECRET verifies them."""
    from ikas_explore.deliveries.receiver import Receiver

    with Receiver(read_variable(_SECRET), status=status, path=path, port=port) as receiver:
        if json:
            print_json({"endpoint": receiver.endpoint}, line=True)
        else:
            print(f"Receiving at {receiver.endpoint} until Ctrl-C.", flush=True)
        # SIGTERM ends it as cleanly as Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        seen = 0
        try:
            while count is None or seen < count:
                try:
                    new = receiver.wait(seen + 1, timeout=1.0, after=receiver.earlier + seen)
                except WaitTimeoutError:
                    continue  # none came in this second
                seen += len(new)
                _print(new, json)
        except KeyboardInterrupt:
            typer.echo(f"{seen} received.", err=True)


def _print(new: pd.DataFrame, json: bool) -> None:
    for row in records(new):
        # bytes have no form in JSON, and `data` holds all that counts of them
        told = {name: cell for name, cell in row.items() if name != "body"}
        if json:
            times = ("created_at", "received_at")
            told |= {name: told[name] and told[name].isoformat() for name in times}
            print_json(told, line=True)
        else:
            signed = {True: "signed", False: "WRONG SIGNATURE", None: "signature not checked"}
            told_twice = ", duplicate" if row["duplicate"] else ""
            scope = printable(str(row["scope"] or row["error"]))
            print(
                f"{row['received_at']:%H:%M:%S}  {scope:38} {signed[row['signature_ok']]}"
                f"{told_twice}, answered {row['status']}",
                flush=True,
            )


def push(
    endpoint: Annotated[str, typer.Argument(help="An https address of yours, or this machine.")],
    scope: Annotated[str, typer.Argument(help="For example store/order/created.")],
    data: Annotated[Path | None, typer.Option(help="A file with the JSON to send.")] = None,
    max_attempts: Attempts = 3,
    retry_delays: Delays = "1,2",
    wrong_signature: Annotated[
        bool, typer.Option("--wrong-signature", help="Sign with another secret.")
    ] = False,
    json: Json = False,
) -> None:
    """Push a delivery signed with IKAS_CLIENT_SECRET; ends with 1 when none was answered 200."""
    from ikas_explore.deliveries.push import push as push_delivery

    secret = hide(read_variable(_SECRET))
    if not secret:
        raise CredentialsError(f"Set {_SECRET}, in the environment or in .env, to sign with.")
    frame = push_delivery(
        endpoint,
        scope,
        secret,
        data=None if data is None else read_data(data),
        max_attempts=max_attempts,
        retry_delays=read_delays(retry_delays),
        wrong_signature=wrong_signature,
    )
    if json:
        print_json([row | {"started_at": row["started_at"].isoformat()} for row in records(frame)])
    else:
        print_table(records(frame), empty="Nothing was sent.")
    if frame["error"].notna().all():
        raise typer.Exit(1)
