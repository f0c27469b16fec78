"""``push``: one signed delivery to an endpoint."""

from __future__ import annotations

import click

from ikas_explore.cli import options
from ikas_explore.cli.output import print_json, print_table, records
from ikas_explore.errors import CredentialsError
from ikas_explore.settings import read_variable
from ikas_explore.values.secret import hide


@click.command()
@click.argument("endpoint")
@options.scope
@options.data
@options.max_attempts
@options.retry_delays
@click.option("--wrong-signature", is_flag=True, help="Sign with another secret.")
@options.as_json
def command(
    endpoint: str,
    scope: str,
    data: str | None,
    max_attempts: int,
    retry_delays: list[float],
    wrong_signature: bool,
    json: bool,
) -> int:
    """Push a signed delivery to an endpoint.

    It is signed with IKAS_CLIENT_SECRET. ENDPOINT is an https address of yours, or an address
    on this machine. Exits with 1 when no attempt was answered 200.
    """
    from ikas_explore.deliveries.push import push

    secret = hide(read_variable("IKAS_CLIENT_SECRET"))
    if not secret:
        raise CredentialsError(
            "Set IKAS_CLIENT_SECRET, in the environment or in .env, to sign with."
        )
    frame = push(
        endpoint,
        scope,
        secret,
        data=data,
        max_attempts=max_attempts,
        retry_delays=retry_delays,
        wrong_signature=wrong_signature,
    )
    if json:
        print_json([row | {"started_at": row["started_at"].isoformat()} for row in records(frame)])
    else:
        print_table(records(frame), empty="Nothing was sent.")
    return int(frame["error"].notna().all())
