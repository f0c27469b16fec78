"""The small functions of the ground floors, each with what shows it best."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import pandas as pd
import pytest

from ikas_explore.auditing.junit import _xml
from ikas_explore.auditing.markdown import _cell
from ikas_explore.auditing.rule import where
from ikas_explore.client.conditions import condition
from ikas_explore.client.shaping import pseudonym
from ikas_explore.deliveries.fake_objects import slug
from ikas_explore.deliveries.payloads import iso_time
from ikas_explore.deliveries.samples import kind_of
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.frames.frames import HEALTH, make_frame, rows_frame
from ikas_explore.manage.applying import Call, calls_for
from ikas_explore.manage.changes import Change
from ikas_explore.monitoring.health import summary
from ikas_explore.network.failures import failure_of
from ikas_explore.network.transport import resolve
from ikas_explore.schema.scopes import check_scopes, find_registered
from ikas_explore.testing import leaks
from ikas_explore.text.html_table import Html, escape, html_table
from ikas_explore.text.printable import counted, is_visible, printable, shown, text_table
from ikas_explore.values.names import check_choice, check_known, did_you_mean, read_texts
from ikas_explore.values.secret import Secret, blank, holds_secret, looks_secret, masked, spellings
from ikas_explore.values.strict_json import decode, decode_bytes
from ikas_explore.values.times import check_time
from ikas_explore.values.urls import literal_address, loopback_addresses

ORDER = "store/order/created"


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (_xml("a\ufffeb"), "a\\ufffeb"),
        (_cell("a|b <img>", code=False), "a&#124;b &#60;img&#62;"),
        (_cell("https://a.example/", code=True), "`https://a.example/`"),
        (condition("store/order/*")(ORDER), True),
        (condition([1, 2])(3), False),
        (pseudonym([None, "a"], Secret("s"))[0], None),
        (pseudonym("a@example.com", Secret("s")), pseudonym("a@example.com", Secret("s"))),
        (summary(rows_frame(HEALTH, [])), "no webhooks"),
        (make_frame({"scope": "string", "at": "time"}, {"scope": [], "at": []}).shape, (0, 2)),
        (failure_of(httpx.ReadTimeout("")).reason, "time-out: no answer in time"),
        (slug("Çini Kâse"), "cini-kase"),
        (iso_time(dt.datetime(2024, 1, 31, 9, 30, tzinfo=dt.UTC)), "2024-01-31T09:30:00.000Z"),
        (kind_of(ORDER), "order"),
        (kind_of("store/customer/statusUpdated"), None),
        (resolve("127.0.0.1", 80), ["127.0.0.1"]),
        (check_scopes(ORDER), [ORDER]),
        (find_registered("store/*/created", [ORDER, "store/stock/updated"]), [ORDER]),
        (escape("<img onerror=x>"), "&lt;img onerror=x&gt;"),
        (escape(Html("<b>bold</b>")), "<b>bold</b>"),
        (html_table(["scope"], [["<a>"]]).count("<td>&lt;a&gt;</td>"), 1),
        ([is_visible(text) for text in ("örnek", "a\u3164b", "a\tb")], [True, False, False]),
        (printable("https://example.com/\x1b[31m"), "https://example.com/\\x1b[31m"),
        (shown("a"), "'a'"),
        (len(shown("a" * 1000)), 203),
        (text_table(["a", "b"], [["1", "2"], ["333", "4"]]), "a    b\n1    2\n333  4"),
        (counted(1, "store"), "1 store"),
        (counted(0, "entry"), "0 entries"),
        (counted(2, "day"), "2 days"),
        (did_you_mean("scoep", ["scope", "endpoint"]), " Did you mean 'scope'?"),
        (read_texts(ORDER, "scopes"), [ORDER]),
        (looks_secret("eyJhbGciOiJIUzI1NiJ9.e30.c2ln"), True),
        (looks_secret("My Shop"), False),
        (sorted(spellings("a&b")), ["a%26b", "a&amp;b", "a&b"]),
        (blank("no token 'a&amp;b'", [Secret("a&b"), None]), "no token '***'"),
        (holds_secret("https://a.example/?token=1"), True),
        (holds_secret("https://a.example/?page=1"), False),
        (
            masked("https://me:secret@a.example/?token=abc&page=1"),
            "https://***@a.example/?token=***&page=1",
        ),
        (decode('{"a": [1, null]}'), {"a": [1, None]}),
        (decode_bytes(b'["ok"]'), ["ok"]),
        (check_time("since", "1970-01-02"), 86_400_000),
        (check_time("since", "1970-01-01T00:00:01.5Z"), 1500),
        (str(literal_address("2130706433")), "127.0.0.1"),
        (str(literal_address("[::ffff:10.0.0.1]")), "10.0.0.1"),
        (loopback_addresses("0x7f.1"), ["127.0.0.1"]),
        (loopback_addresses("localhost."), ["127.0.0.1", "::1"]),
        (loopback_addresses("a.test"), []),
        (leaks.mask("s_" + "0123456789abcdef" * 4), "s_01… (66 characters)"),
        (leaks.mask("hunter2"), "*** (7 characters)"),
    ],
)
def test_a_value_is_read_or_written(got: Any, expected: Any) -> None:
    assert got == expected


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: check_choice("strict", "no", (True, False)),
            InvalidArgumentError,
            "strict is one of True, False, not 'no'.",
        ),
        (
            lambda: check_known(["scoep"], ["scope", "endpoint"], "the file"),
            InvalidArgumentError,
            "There is no 'scoep' in the file. Did you mean 'scope'?",
        ),
        (lambda: decode("NaN"), ValueError, "NaN is not JSON"),
        (
            lambda: decode_bytes(rb'["\ud800"]'),
            ValueError,
            "it is not UTF-8, or holds half a surrogate pair",
        ),
    ],
)
def test_a_value_is_refused(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as refused:
        call()
    assert str(refused.value) == message


def test_a_rule_asks_each_different_text_once() -> None:
    hosts = pd.Series(["a.example", "b.example", "a.example"], dtype="category")
    asked = []
    found = where(hosts, lambda host: asked.append(host) or host.startswith("a"))  # type: ignore[func-returns-value]  # None
    assert found.tolist() == [True, False, True]
    assert sorted(asked) == ["a.example", "b.example"]


def test_what_is_changed_already_needs_no_call() -> None:
    saves = [Change("acme", scope, None, "https://example.com/") for scope in ("a", "b")]
    assert calls_for(saves, {"b": "https://example.com/"}) == [
        Call(endpoint="https://example.com/", scopes=["a"])
    ]


def test_secrets_of_the_environment_and_of_urls_are_leaks() -> None:
    given = {"IKAS_CLIENT_SECRET": "abcdef", "SHOP_TOKEN": "on", "LANG": "tr_TR"}
    assert [known.name for known in leaks.known_secrets(given)] == ["IKAS_CLIENT_SECRET"]
    (leak,) = leaks.find_leaks('save("https://me:hunter22@erp.example/")', ())
    assert leak == leaks.Leak("a URL with credentials", "*** (11 characters)", 1, certain=False)
    known = leaks.known_secrets({"A_TOKEN": "hunter2hunter2"})
    assert leaks.masked("/home/me/hunter2hunter2", known) == "/home/me/*** (14 characters)"
