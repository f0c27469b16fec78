"""What a process does that listens until it is killed."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection

import ikas_explore as ikas
import ikas_explore.deliveries.listening  # here, and not in each process


def listen(
    pipe: Connection, leases: str, base_url: str, token: str, url: str, scopes: list[str]
) -> None:
    os.environ["IKAS_LEASES"] = leases
    with ikas.connect(
        "shop", access_token=token, base_url=base_url, client_secret="secret", client_id="id"
    ) as store:
        pipe.send("connected")
        session = store.webhooks.listen(scopes, url=url, take=True)
        pipe.send("open")
        pipe.recv()  # until it is told to end
        session.close()
