"""The query builder on webhooks: what is sent, and what comes back."""

from __future__ import annotations

import datetime as dt
import json
import shlex
import subprocess
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.errors import InvalidArgumentError, UnknownFieldError

CREATED = "store/customer/created"


def test_names_are_understood_in_both_forms(store: ikas.Store) -> None:
    for name in ("listWebhook", "list_webhook"):
        query = store.query(name).select("createdAt", "scope", "created_at")
        assert list(query.to_frame().columns) == ["created_at", "scope"]
    with pytest.raises(UnknownFieldError, match="Did you mean 'list_webhook'"):
        store.query("listWebhooks")
    with pytest.raises(UnknownFieldError, match=r"no field 'enpoint'\. Did you mean 'endpoint'"):
        store.webhooks.query().select("enpoint")
    with pytest.raises(UnknownFieldError, match="Did you mean 'created_at'"):
        store.webhooks.query().where(createdat="x")
    with pytest.raises(UnknownFieldError, match="Did you mean 'updated_at'"):
        store.webhooks.query().sort("updatedat")


def test_only_the_fields_needed_are_asked_for(store: ikas.Store) -> None:
    query = store.webhooks.query().select("id").where(scope=CREATED).sort("updatedAt")
    assert query.graphql == "query {\n  listWebhook {\n    id\n    scope\n    updatedAt\n  }\n}"
    assert " ".join(store.webhooks.query().graphql.split()) == (
        "query { listWebhook { createdAt deleted endpoint id scope updatedAt } }"
    )


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"scope": CREATED}, 1),
        ({"scope": "store/customer/*"}, 2),
        ({"scope": "*"}, 2),
        ({"scope": "store/?ustomer/created"}, 0),
        ({"scope": "[s]tore/customer/created"}, 0),
        ({"scope": [CREATED, "store/order/*"]}, 1),
        ({"scope": {CREATED}}, 1),
        ({"scope": pd.Series([CREATED])}, 1),
        ({"scope": []}, 0),
        ({"scope": ikas.Scope.CUSTOMER_CREATED}, 1),
        ({"scope": lambda scope: scope.endswith("updated")}, 1),
        ({"deleted": False}, 2),
        ({"deleted": True}, 0),
        ({"createdAt": 1636366311914}, 1),
        ({"created_at": dt.datetime(2021, 11, 8, 10, 11, 51, 914000, tzinfo=dt.UTC)}, 1),
        ({"created_at": pd.Timestamp(1636366311924, unit="ms", tz="UTC")}, 1),
        ({"created_at": lambda time: time.year == 2021}, 2),
        ({"scope": "*created", "endpoint": "https://mailchimp*"}, 1),
        ({"endpoint": None}, 0),
    ],
)
def test_conditions(store: ikas.Store, conditions: dict[str, Any], found: int) -> None:
    assert len(store.webhooks.query().where(**conditions).to_frame()) == found


def test_equality_comes_before_the_wildcard(store: ikas.Store) -> None:
    odd = "https://example.com/*?a=[1]"
    store.webhooks.save(odd, "store/order/created")
    assert len(store.webhooks.query().where(endpoint=odd).to_records()) == 1
    assert (
        len(store.webhooks.query().where(endpoint="https://example.com/?a=[1]").to_records()) == 0
    )


def test_predicates_see_the_row(store: ikas.Store) -> None:
    query = store.webhooks.query()
    kept = query.where(
        lambda row: row["createdAt"] == row["created_at"] and "created" in row["scope"]
    )
    assert [row["scope"] for row in kept.to_records()] == [CREATED]
    with pytest.raises(InvalidArgumentError, match="name the field"):
        query.where("store/order/created")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="with a time zone"):
        query.where(created_at=dt.datetime(2021, 11, 8))
    frame = query.to_frame()
    with pytest.raises(InvalidArgumentError, match="give one of its columns"):
        query.where(scope=frame)
    assert len(query.where(scope=frame["scope"], created_at=frame["created_at"]).to_records()) == 2


def test_order_and_limit(store: ikas.Store) -> None:
    query = store.webhooks.query().select("scope")
    assert query.sort("createdAt", descending=True).to_frame()["scope"].tolist() == [
        "store/customer/updated",
        CREATED,
    ]
    assert len(query.limit(1).to_frame()) == 1
    assert len(query.limit(0).to_frame()) == 0
    assert len(query.limit(99).to_frame()) == 2
    with pytest.raises(InvalidArgumentError, match="descending is True or False, not 'no'"):
        query.sort("scope", descending="no")  # type: ignore[arg-type]
    for wrong in (-1, 1.5, True, "2"):
        with pytest.raises(InvalidArgumentError, match="whole number"):
            query.limit(wrong)  # type: ignore[arg-type]


def test_a_query_never_changes(store: ikas.Store) -> None:
    query = store.webhooks.query()
    query.select("id").where(scope=CREATED).sort("id").limit(1)
    assert len(query.to_records()) == 2
    assert len(query.to_records()[0]) == 6


def test_records_are_as_the_api_names_them(store: ikas.Store) -> None:
    assert store.webhooks.query().where(scope=CREATED).to_records() == [
        {
            "createdAt": 1636366311914,
            "deleted": False,
            "endpoint": "https://mailchimp-dev.ikasapps.com/api/webhook/ikas",
            "id": "331f40ad-58a5-4b25-b060-15e6ce57fc9f",
            "scope": CREATED,
            "updatedAt": 1636366311914,
        }
    ]


def test_objects_have_attributes(store: ikas.Store) -> None:
    first = store.webhooks.query().where(scope=CREATED).to_objects()[0]
    assert (first.scope, first.created_at) == (CREATED, 1636366311914)


def test_curl_sends_the_same_request(store: ikas.Store) -> None:
    """The line is run by a shell, with the token in the environment and nowhere in the line."""
    line = store.webhooks.query().select("scope").curl()
    token = store.sandbox.access_token  # type: ignore[union-attr]
    assert token not in line
    assert shlex.split(line)[0] == "curl"
    run = subprocess.run(
        ["sh", "-c", line + " --silent"],
        env={"PATH": "/usr/bin:/bin", "IKAS_ACCESS_TOKEN": token},
        capture_output=True,
        check=True,
    )
    scopes = [row["scope"] for row in json.loads(run.stdout)["data"]["listWebhook"]]
    assert sorted(scopes) == [CREATED, "store/customer/updated"]


def test_the_frame_tells_where_it_came_from(store: ikas.Store) -> None:
    frame = store.webhooks.query().select("scope", "deleted").to_frame()
    assert frame.attrs["api_version"] == store.api_version
    assert str(frame["deleted"].dtype) == "bool"


@pytest.mark.parametrize(
    "conditions",
    [
        {"created_at": "2021*"},
        {"deleted": "false"},
        {"created_at": np.datetime64("2021-11-08T10:11:51.914")},
        {"created_at": [np.datetime64("2021-11-08T10:11:51.914")]},
    ],
)
def test_a_condition_that_can_never_hold_is_refused(
    store: ikas.Store, conditions: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError, match=r"; give a"):
        store.webhooks.query().where(**conditions)


def test_fields_are_named_one_by_one(store: ikas.Store) -> None:
    for call in ("select", "sort"):
        with pytest.raises(InvalidArgumentError, match="one by one"):
            getattr(store.webhooks.query(), call)(["scope", "id"])
