"""Stores to plan on: a dict that behaves as ikas does, and one over HTTP; and how to plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

import ikas_explore as ikas
from ikas_explore.client.operations import Registrations
from ikas_explore.frames.frames import webhook_frame
from ikas_explore.manage import plan
from ikas_explore.manage.desired import read_desired
from ikas_explore.manage.journal import Journal, Journals
from ikas_explore.manage.undo import make_undo
from ikas_explore.schema.scopes import Scope
from ikas_explore.values.protocols import WebhookStore

if TYPE_CHECKING:
    from ikas_explore.manage.desired import DesiredLike

SCOPES = [str(scope) for scope in Scope.registrable()]


def frame(state: dict[str, str], store: str = "acme", **more: Any) -> pd.DataFrame:
    """A webhook frame of scope -> endpoint."""
    same = {"created_at": 1_636_366_311_914, "updated_at": 1_636_366_311_924, "deleted": False}
    cells = {
        "scope": [*state],
        "endpoint": [*state.values()],
        "id": [f"id-{scope}" for scope in state],
        **{name: [cell] * len(state) for name, cell in {**same, **more}.items()},
    }
    return webhook_frame(cells, store=store)


class DictRegistry:
    """ikas over a dict: an upsert by scope, a delete by scope, and a log of the calls."""

    def __init__(self, state: dict[str, str] | None = None, name: str = "acme") -> None:
        self.name = name
        self.state = dict(state or {})
        self.calls: list[tuple[str, ...]] = []
        #: Called with the call just made; may raise, or write as another writer would.
        self.after: Callable[[tuple[str, ...]], None] = lambda call: None

    def list(self) -> pd.DataFrame:
        self._called("list")
        return frame(self.state, self.name)

    def rows(self) -> Iterable[tuple[str, str]]:
        self._called("list")
        return sorted(self.state.items())

    def save(
        self,
        endpoint: str,
        scopes: Sequence[str],
        *,
        sales_channel_ids: Sequence[str] | None = None,
        allow_unknown: bool = False,
    ) -> pd.DataFrame:
        self.state |= dict.fromkeys(scopes, endpoint)
        self._called("save", endpoint, *scopes)
        return frame(dict.fromkeys(scopes, endpoint), self.name)

    def delete(self, scopes: Sequence[str]) -> bool:
        for scope in scopes:
            self.state.pop(scope, None)
        self._called("delete", *scopes)
        return True

    def _called(self, *call: str) -> None:
        self.calls.append(call)
        self.after(call)

    def verbs(self) -> Sequence[str]:
        return [call[0] for call in self.calls]


class StoreRegistry:
    """A store of the sandbox, over HTTP."""

    def __init__(self, store: ikas.Store) -> None:
        self.name = store.name
        self.list = store.webhooks.list
        self.rows = Registrations(store.client).rows
        self.save = store.webhooks.save
        self.delete = store.webhooks.delete


def make_plan(
    desired: DesiredLike,
    stores: Mapping[str, WebhookStore],
    *,
    journal: Journal | None = None,
    **more: Any,
) -> ikas.Plan:
    """A plan of stores that share one journal."""
    journals = None if journal is None else Journals(dict.fromkeys(stores, journal))
    return plan.make_plan(read_desired(desired), stores, journals=journals, **more)


def undo(
    journal: Journal, stores: Mapping[str, WebhookStore], *, now: pd.DataFrame | None = None
) -> ikas.Plan | None:
    """A plan that takes back the last write in a journal."""
    return make_undo(Journals(dict.fromkeys(stores, journal)), stores, now=now)


def outcomes(report: pd.DataFrame) -> dict[str, str]:
    return dict(zip(report["scope"], report["outcome"], strict=True))
