"""What a receiver forwards: exact bytes of what is verified, once, tried three times in all."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

import ikas_explore as ikas
from ikas_explore.deliveries import forwarding
from ikas_explore.deliveries.receiver import Receiver
from ikas_explore.errors import InvalidArgumentError, SignatureError
from ikas_explore.values.secret import Secret
from tests.deliveries.broken import broken_endpoint
from tests.deliveries.sending import SECRET, payload, rows
from tests.waiting import until


def forwarded(receiver: Receiver, count: int) -> list[dict[str, Any]]:
    """The rows, once so many of them were forwarded."""
    until(lambda: receiver.deliveries()["forwarded_at"].notna().sum() == count)
    return rows(receiver)


def test_the_exact_bytes_of_verified_deliveries_arrive_once_and_nothing_else(
    client: httpx.Client,
) -> None:
    good = json.dumps(payload(1), indent=3, ensure_ascii=False).encode() + b"\n "
    other = json.dumps(payload(2)).encode()
    forged = json.dumps(payload(3, signature="0" * 64)).encode()
    with Receiver(SECRET) as app, Receiver(SECRET, forward_to=f"{app.endpoint}hook?a=1") as front:
        for body in (good, forged, good, b"{}", other, good):
            client.post(front.endpoint, content=body)
        client.get(front.endpoint)
        found = forwarded(front, 2)
        assert sorted(app.deliveries()["body"]) == sorted([good, other])
        assert set(app.deliveries()["target"]) == {"/hook?a=1"}
    assert [row["forwarded_status"] for row in found] == [200, None, None, None, 200, None, None]
    assert [row["signature_ok"] for row in found][:3] == [True, False, True]


def test_an_app_that_fails_is_tried_three_times_in_all_and_the_sender_never_waits(
    client: httpx.Client,
) -> None:
    with (
        Receiver(status=[500, 302, 204, 500, 404, 503, 200]) as app,
        Receiver(SECRET, forward_to=app.endpoint) as front,
    ):
        for number, last in ((1, 204), (2, 503)):
            answer = client.post(front.endpoint, json=payload(number))
            assert (answer.status_code, answer.elapsed.total_seconds() < 0.4) == (200, True)
            assert forwarded(front, number)[-1]["forwarded_status"] == last
        assert len(app.deliveries()) == 6


def test_of_many_at_once_each_verified_body_is_accepted_once_and_no_forged_one(
    client: httpx.Client,
) -> None:
    """Forged, duplicated, and failing at first, from several senders in any order."""
    chance = random.Random(7)
    failing = {f"id-{number}" for number in range(0, 200, 20)}
    accepted: list[str] = []

    def app_answers(sent: Mapping[str, Any]) -> int:
        if sent["id"] in failing:
            failing.discard(sent["id"])
            return 500
        accepted.append(sent["id"])
        return 200

    good = [json.dumps(payload(number)).encode() for number in range(200)]
    forged = [json.dumps(payload(n, signature="0" * 64)).encode() for n in range(200, 220)]
    bodies = [*good, *forged, *good[:10]]
    chance.shuffle(bodies)
    with (
        Receiver(status=app_answers) as app,
        Receiver(SECRET, forward_to=app.endpoint) as front,
        ThreadPoolExecutor(8) as senders,
    ):
        list(senders.map(lambda body: client.post(front.endpoint, content=body), bodies))
        until(lambda: front.deliveries()["forwarded_status"].eq(200).sum() == 200)
        wrong = front.deliveries().query("signature_ok == False")
        assert (len(wrong), wrong["forwarded_at"].notna().sum()) == (20, 0)
    assert sorted(accepted) == sorted(f"id-{number}" for number in range(200))


def test_an_app_that_is_down_leaves_no_status_and_a_closing_receiver_waits_for_no_pause(
    tmp_path: Path, client: httpx.Client
) -> None:
    with Receiver() as gone:
        target = gone.endpoint
    with Receiver(SECRET, forward_to=target, path=tmp_path / "log") as front:
        assert client.post(front.endpoint, json=payload()).status_code == 200
    with Receiver(SECRET, forward_to=target, path=tmp_path / "log") as front:
        (row,) = rows(front)
    assert row["forwarded_at"] is not None
    assert row["forwarded_status"] is None


def test_what_was_forwarded_in_an_earlier_run_is_not_forwarded_again(
    tmp_path: Path, client: httpx.Client
) -> None:
    with Receiver() as app:
        for _ in range(2):
            with Receiver(SECRET, forward_to=app.endpoint, path=tmp_path / "log") as front:
                client.post(front.endpoint, json=payload())
        assert len(app.deliveries()) == 1


def test_what_was_answered_and_not_forwarded_before_a_kill_is_sent_by_the_next_run(
    tmp_path: Path, client: httpx.Client
) -> None:
    code = (
        "import sys; from ikas_explore import Receiver; secret, app, path = sys.argv[1:];"
        "r = Receiver(secret, forward_to=app, path=path); print(r.endpoint, flush=True); input()"
    )
    with Receiver(delay=60) as app:
        command = [sys.executable, "-c", code, SECRET, app.endpoint, str(tmp_path / "log")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            endpoint = child.stdout.readline().strip()
            for number in (1, 2, 1):
                assert client.post(endpoint, json=payload(number)).status_code == 200
            assert client.post(endpoint, json=payload(3, signature="0" * 64)).status_code == 200
            app.wait(2)  # both are under way, and the app is silent
            child.kill()
    with Receiver(SECRET, path=tmp_path / "log") as plain:
        assert plain.deliveries()["signature_ok"].tolist() == [True, True, True, False]
    with (
        Receiver() as app,
        Receiver(SECRET, forward_to=app.endpoint, path=tmp_path / "log") as front,
    ):
        client.post(front.endpoint, json=payload(2))
        found = forwarded(front, 2)
        assert sorted(app.deliveries()["id"]) == ["id-1", "id-2"]
    assert [row["forwarded_status"] for row in found] == [200, 200, None, None, None]
    with Receiver() as app:
        Receiver(SECRET, forward_to=app.endpoint, path=tmp_path / "log").close()
        assert app.deliveries().empty


def test_the_row_says_which_of_several_secrets_verified_it(client: httpx.Client) -> None:
    with Receiver(["new", Secret(SECRET), "x"]) as receiver:
        client.post(receiver.endpoint, json=payload())
        client.post(receiver.endpoint, json=payload(data="{}"))
        frame = receiver.deliveries()
    assert frame["signed_with"].tolist()[0] == 1
    assert frame["signed_with"].isna().tolist() == [False, True]
    assert frame["signature_ok"].tolist() == [True, False]
    assert SECRET not in repr(receiver) + frame.to_string()


def test_verify_takes_one_secret_or_several() -> None:
    assert ikas.verify(payload(), ["new", SECRET])["id"] == "1"
    assert ikas.verify(payload(), (SECRET,))["id"] == "1"
    with pytest.raises(SignatureError) as raised:
        ikas.verify(payload(), ["new", "newer"])
    assert raised.value.reason == "mismatch"
    for wrong in ([], [""], [SECRET, " "]):
        with pytest.raises(SignatureError) as raised:
            ikas.verify(payload(), wrong)
        assert raised.value.reason == "empty_secret"


@pytest.mark.parametrize(
    ("secret", "target"),
    [(SECRET, "http://a.example/"), (None, "http://localhost:1/"), (SECRET, 5)],
)
def test_a_target_that_cannot_be_forwarded_to_is_refused(secret: Any, target: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        Receiver(secret, forward_to=target)


def test_an_app_that_hangs_while_it_is_closed_gets_the_rest_from_the_next_one(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread is left or fails at a closed connection, and no delivery counts as forwarded."""
    monkeypatch.setattr(forwarding, "_TIMEOUT", 0.5)
    monkeypatch.setattr(forwarding, "_GRACE", 0.1)
    with broken_endpoint("stalled", 500) as app:
        with Receiver(SECRET, forward_to=app, path=tmp_path / "log.db") as front:
            for number in range(12):
                client.post(front.endpoint, json=payload(number))
        assert not [each for each in threading.enumerate() if each.name.startswith("forward-")]
    with (
        Receiver() as works,
        Receiver(SECRET, forward_to=works.endpoint, path=tmp_path / "log.db") as front,
    ):
        until(lambda: front.deliveries()["forwarded_status"].eq(200).sum() >= 4)
