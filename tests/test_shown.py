"""What a notebook shows of each object as the last line of a cell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import ikas_explore as ikas
from tests.fuzz.test_texts import check_html
from tests.manage.registries import SCOPES, DictRegistry, make_plan

ORDER, STOCK = "store/order/created", "store/stock/created"
HOOK = "https://example.com/ikas"


@pytest.fixture
def box() -> Iterator[ikas.Sandbox]:
    with ikas.Sandbox(examples=False) as box:
        yield box


@pytest.fixture
def store(box: ikas.Sandbox) -> Iterator[ikas.Store]:
    with ikas.connect(box) as store:
        yield store


def shown(thing: object) -> str:
    """Return the text of what a notebook shows; it holds nothing that is not ours."""
    page: str = thing._repr_html_()  # type: ignore[attr-defined]
    assert "<td>" not in page  # JupyterLab would align it to the right
    return check_html(page).text


def test_a_plan_shows_what_changes_and_counts_what_is_kept(store: ikas.Store) -> None:
    store.webhooks.save(HOOK, [ORDER])
    plan = store.webhooks.plan({HOOK: [ORDER, STOCK]})
    text = shown(plan)
    assert "1 to create, 1 kept" in text
    assert STOCK in text
    assert ORDER not in text
    assert "create" in text
    plan.apply()
    assert shown(store.webhooks.plan({HOOK: [ORDER, STOCK]})) == "Nothing to change."


def test_a_plan_of_many_changes_shows_the_first_of_them() -> None:
    stores = {f"store-{number}": DictRegistry({}) for number in range(60)}
    plan = make_plan({HOOK: [*SCOPES]}, stores)
    assert check_html(plan._repr_html_()).rows == 501
    assert f"{len(plan.changes) - 500} more changes in plan.changes." in shown(plan)


def test_a_fleet_shows_what_the_last_list_fetched_and_asks_nothing(box: ikas.Sandbox) -> None:
    credentials = [box.add_store(name) for name in ("acme", "best")]
    fleet = ikas.Fleet(
        ikas.connect(each.name, access_token=each.access_token, base_url=box.base_url)
        for each in credentials
    )
    with fleet:
        assert shown(fleet).count("not listed") == 2
        assert not box.calls
        fleet["acme"].webhooks.save(HOOK, [ORDER, STOCK])
        box.faults.add("expired_token", store="best")
        with pytest.warns(UserWarning, match="best"):
            fleet.list()
        calls = dict(box.calls)
        text = shown(fleet)
        assert box.calls == calls
        assert text.index("best: ") < text.index("acme2")  # what failed comes first
        assert "1 not reached" in text
        query = fleet.query("listWebhook")
        assert "of 2 stores" in shown(query)
        assert "{\n" in shown(query)


def test_a_query_shows_its_graphql_and_sends_nothing(box: ikas.Sandbox, store: ikas.Store) -> None:
    query = store.query("listWebhook").select("scope").where(scope=ORDER)
    assert query.graphql in shown(query)
    assert shown(query).startswith("Query listWebhook, select scope, where scope")
    assert not box.calls


def test_a_sandbox_shows_where_it_is_and_what_it_was_asked(
    box: ikas.Sandbox, store: ikas.Store
) -> None:
    assert shown(box) == f"Sandbox {box.base_url}"
    store.webhooks.list()
    assert "listWebhook1" in shown(box)
    assert box.access_token not in box._repr_html_()
    box.close()
    assert shown(box) == "Sandbox (closed)"
    assert shown(ikas.Sandbox.__new__(ikas.Sandbox)) == "Sandbox (not started)"


def test_a_receiver_shows_its_address_and_what_it_answers() -> None:
    with ikas.Receiver("kept-to-itself", status=[500, 200]) as receiver:
        text = shown(receiver)
        assert f"receives at {receiver.endpoint} and answers [500, 200]" in text
        assert "kept-to-itself" not in receiver._repr_html_()
    assert "is closed" in shown(receiver)
    unmade = ikas.Receiver.__new__(ikas.Receiver)
    assert shown(unmade) == "Receiver(not started)"


def test_webhooks_show_what_can_be_done_with_them(store: ikas.Store) -> None:
    text = shown(store.webhooks)
    for name in ("list()", "save(", "delete(", "plan(", "undo()", "audit(", "manager()"):
        assert name in text
    assert text.startswith(f"Webhooks of {store.name}")
