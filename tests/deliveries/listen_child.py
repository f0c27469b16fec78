"""A program that listens until it is killed: ``python -m tests.deliveries.listen_child URL``."""

from __future__ import annotations

import sys

import ikas_explore as ikas

if __name__ == "__main__":
    base_url, token, url, *scopes = sys.argv[1:]
    with ikas.connect(
        "shop", access_token=token, base_url=base_url, client_secret="secret", client_id="id"
    ) as store:
        print("connected", flush=True)
        session = store.webhooks.listen(scopes, url=url, take=True)
        print("open", flush=True)
        sys.stdin.read()  # until its end
        session.close()
