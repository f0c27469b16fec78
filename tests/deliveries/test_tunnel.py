"""`ikas-explore listen` behind a tunnel that speaks https: real events, forged ones, and kills."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.deliveries.leases import leases_of
from ikas_explore.network.authority import serving_https
from ikas_explore.network.environment import trust
from tests.cli.running import COMMAND, variables
from tests.deliveries.killing import kill_at_random
from tests.deliveries.relay import public_end
from tests.waiting import until

pytestmark = pytest.mark.slow

CREATED, UPDATED = "store/order/created", "store/order/updated"
MINE = "https://shop.example/hook"
AGENT = Path(__file__).with_name("relay.py")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The public address of the tunnel, and the port of its agent."""
    with serving_https() as https:
        monkeypatch.setenv("SSL_CERT_FILE", https.ca_file)
        agent = free_port()
        with public_end(https.context, agent) as url:
            yield url, agent


@contextmanager
def listening(box: ikas.Sandbox, url: tuple[str, int], app: str) -> Iterator[subprocess.Popen[str]]:
    command = f"{sys.executable} {AGENT} {url[0]} {url[1]} {{port}}"
    told = {
        "IKAS_BASE_URL": box.base_url,
        "IKAS_ACCESS_TOKEN": box.access_token,
        "IKAS_CLIENT_SECRET": box.client_secret,
        "IKAS_STORE": "shop",
    }
    options = ["--scopes", "store/order/*", "--tunnel", command, "--take", "--yes", "--json"]
    with subprocess.Popen(
        [*COMMAND, "listen", app, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables(**told),
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["url"] == url[0]
        printed = process.stdout
        reading = threading.Thread(target=lambda: [*printed], daemon=True)
        reading.start()
        try:
            yield process
        finally:
            process.kill()
            reading.join()


def test_of_a_thousand_deliveries_each_verified_one_is_accepted_once_and_no_forged_one(
    url: tuple[str, int],
) -> None:
    """50 are forged, 20 come twice, and the app fails at first for 30."""
    chance = random.Random(3)
    seen: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    failing: set[str] = set()

    def answer(payload: Mapping[str, Any]) -> int:
        seen[payload["id"]] += 1
        if len(failing) < 30 and payload["id"] not in failing:
            failing.add(payload["id"])
            return 500
        accepted[payload["id"]] += 1
        return 200

    with (
        ikas.Sandbox(examples=False, seed=2) as box,
        ikas.connect(box) as store,
        ikas.Receiver(status=answer) as app,
    ):
        store.webhooks.save(MINE, CREATED)
        before = store.webhooks.list()[["scope", "endpoint"]]
        with (
            listening(box, url, app.endpoint) as process,
            httpx.Client(verify=trust(url[0]), trust_env=False) as stranger,
        ):
            real = [
                each for _ in range(930) for each in box.emit(chance.choice([CREATED, UPDATED]))
            ]
            for _ in range(50):
                forged = ikas.push(url[0], CREATED, "guessed", max_attempts=1)
                assert forged["status_code"].tolist() == [200]  # it is kept, and goes no further
            box.settle(timeout=300)
            until(lambda: sum(accepted.values()) >= 930, 120)
            bodies = app.deliveries()["body"].drop_duplicates().tolist()
            for body in chance.sample(bodies, 20):
                assert stranger.post(url[0], content=body).status_code == 200
            process.send_signal(signal.SIGINT)
            process.wait(60)
        assert (box.deliveries()["state"] == "delivered").all()
        assert sorted(accepted) == sorted(real)
        assert set(accepted.values()) == {1}
        assert {each: seen[each] for each in seen if seen[each] > 1} == dict.fromkeys(failing, 2)
        assert len(failing) == 30
        assert store.webhooks.list()[["scope", "endpoint"]].equals(before)
        assert leases_of(box.base_url, "shop") == []


def test_kills_of_every_process_leave_the_holders_of_before_and_no_lease(tmp_path: Path) -> None:
    """Five here; ``python -m tests.deliveries.killing`` kills a hundred times."""
    assert kill_at_random(tmp_path, 5, seed=1) == []
