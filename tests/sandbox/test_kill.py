"""Nothing is lost, whenever the process is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.sandbox import Sandbox
from tests.sandbox import killed

ROOT = Path(__file__).parents[2]  # where `tests` can be imported, whatever is installed


@pytest.mark.skipif(os.name != "posix", reason="kill -9 as POSIX has it")
@pytest.mark.parametrize(
    ("kills", "count"), [(4, 400), pytest.param(30, 2_000, marks=pytest.mark.slow)]
)
def test_after_kills_every_delivery_is_delivered_or_exhausted(
    tmp_path: Path, kills: int, count: int
) -> None:
    """None vanishes, none has too many attempts, and what a kill cut off says so."""
    chance = random.Random(kills)
    path, acknowledged = tmp_path / "sandbox.db", tmp_path / "acknowledged"

    def status(payload: Mapping[str, Any]) -> int:
        return chance.choice((200, 200, 200, 500))

    # The delay keeps attempts under way and the work from being done before the last kill.
    with Receiver(status=status, delay=0.1) as receiver:
        command = [
            *(sys.executable, "-m", "tests.sandbox.killed"),
            *(str(path), receiver.endpoint, str(count), str(acknowledged)),
        ]
        for number in range(kills):
            # Every fifth is killed before it is ready: while it opens the file and recovers.
            printed = run_for(command, chance.uniform(0.02, 0.3), from_start=number % 5 == 4)
            assert "done" not in printed, f"all was done before kill {number + 1}"
        finished = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
        assert finished.stdout.endswith("done\n"), finished.stderr
        received = receiver.deliveries()

    with Sandbox(path, **killed.SETTINGS) as sandbox:
        deliveries, attempts = sandbox.deliveries(), sandbox.attempts()
    promised = acknowledged.read_text().split()
    assert len(deliveries) == count
    assert deliveries["id"].is_unique
    assert set(promised) <= set(deliveries["id"])
    assert set(deliveries["state"]) <= {"delivered", "exhausted"}
    assert deliveries["attempts"].max() <= killed.SETTINGS["max_attempts"]
    numbers = attempts.groupby("delivery_id")["number"].apply(list)
    assert all(each == list(range(1, len(each) + 1)) for each in numbers)
    assert (attempts["status_code"].notna() | attempts["error"].notna()).all()
    # Every attempt but the cut-off ones was answered, and every delivered one with 200.
    done = set(deliveries["id"][deliveries["state"] == "delivered"])
    assert done <= set(received["id"][received["status"] == 200])
    cut_off = attempts["error"].str.startswith("cut off", na=False)
    exhausted = attempts[attempts["delivery_id"].isin(set(deliveries["id"]) - done)]
    assert len(exhausted) == (len(deliveries) - len(done)) * killed.SETTINGS["max_attempts"]
    print(
        f"{kills} kills, {count} deliveries: {len(done)} delivered, {count - len(done)} "
        f"exhausted, {len(attempts)} attempts, {cut_off.sum()} of them cut off, "
        f"{len(received)} requests received"
    )


def run_for(command: list[str], seconds: float, *, from_start: bool) -> str:
    """Run a process, kill it so long after it is ready or has started; return its output."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        if not from_start:
            assert process.stdout.readline() == "ready\n"
        timer = threading.Timer(seconds + 0.4 * from_start, process.send_signal, [signal.SIGKILL])
        timer.start()
        printed = process.stdout.read()
        timer.join()
        return printed
