"""What the sandbox promises, asked of a store: few calls, no refused one twice, all given back.

``pytest --ikas-live`` asks a development store of ikas; the fast tests ask the sandbox itself.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from ikas_explore.schema.scopes import Scope
from ikas_explore.settings import Settings

#: Fewer than the 20 from which on a share of errors counts.
MOST_CALLS = 19
#: It never resolves, so that no delivery of the store goes anywhere.
ENDPOINT = "https://contract.example/ikas"
ROW = "createdAt deleted endpoint id scope updatedAt"
LIST = f"{{ listWebhook {{ {ROW} }} }}"
SAVE = f"mutation ($input: WebhookInput!) {{ saveWebhook(input: $input) {{ {ROW} }} }}"
DELETE = "mutation ($scopes: [String!]!) { deleteWebhook(scopes: $scopes) }"

SETTINGS = pytest.StashKey[Settings]()


class NotAskedError(Exception):
    """This store cannot be asked that."""


@dataclass
class Report:
    """What a store confirmed, where it differs, and what nobody knew before."""

    store: str
    confirmed: list[str] = field(default_factory=list)
    differs: dict[str, str] = field(default_factory=dict)
    not_asked: dict[str, str] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        asked = len(self.confirmed) + len(self.differs)
        lines = [f"{len(self.confirmed)} of {asked} confirmed, {dt.date.today()}: {self.store}"]
        for title in ("differs", "not_asked", "settled"):
            told = getattr(self, title).items()
            lines += [f"  {title.replace('_', ' ')}: {what}: {answer}" for what, answer in told]
        return "\n".join(lines)


class Live:
    """Calls of one store, counted. `free` are two scopes that nobody has registered there."""

    def __init__(self, settings: Settings) -> None:
        self.http = httpx.Client(base_url=settings.base_url, timeout=30)
        self.settings = settings
        self.calls = 0
        self.token = settings.access_token.reveal() if settings.access_token else ""
        self.before: list[dict[str, Any]] = []
        self.free: Sequence[str] = ()
        #: What has to be given back: rows by scope, empty for a save that was not answered.
        self.saved: dict[str, Any] = {}
        self._refused: set[str] = set()

    def call(
        self, query: str, variables: Any = None, *, version: str = "v1", token: bool = True
    ) -> tuple[int, Any]:
        """Send an operation; return the status and the JSON of its answer."""
        assert self.calls < MOST_CALLS, "too many calls"
        headers = {"Authorization": f"Bearer {self.token}"} if token else {}
        body = {"query": query, "variables": variables}
        return self._post(f"/api/{version}/admin/graphql", headers, json=body)

    def fetch_token(self, **sent: Any) -> tuple[int, Any]:
        return self._post("/api/admin/oauth/token", {}, **sent)

    def _post(self, path: str, headers: dict[str, str], **sent: Any) -> tuple[int, Any]:
        what = json.dumps([path, sorted(headers), sent], sort_keys=True)
        assert what not in self._refused, "a call that was refused is not sent again"
        self.calls += 1
        answer = self.http.post(path, headers=headers, **sent)
        content = answer.json()
        if answer.status_code != 200 or "errors" in content:
            self._refused.add(what)
        return answer.status_code, content

    def data(self, query: str, variables: Any = None, *, version: str = "v1") -> Any:
        """Return what the only field of an operation answers."""
        status, content = self.call(query, variables, version=version)
        same((status, codes(content)), (200, []))
        return next(iter(content["data"].values()))

    def save(self, endpoint: str, scopes: str | Sequence[str]) -> tuple[int, Any]:
        """Save, and note what has to be given back: all of it where no answer comes."""
        before = self.saved
        self.saved = {**before, **dict.fromkeys([scopes] if isinstance(scopes, str) else scopes)}
        status, content = self.call(SAVE, {"input": {"endpoint": endpoint, "scopes": scopes}})
        rows = (content.get("data") or {}).get("saveWebhook") or []
        self.saved = {**before, **{row["scope"]: row for row in rows}}
        return status, content

    def give_back(self) -> Any:
        """Delete what was saved; not counted, so that it is never too much."""
        body = {"query": DELETE, "variables": {"scopes": [*self.saved]}}
        headers = {"Authorization": f"Bearer {self.token}"}
        self.saved = {}
        return self._post("/api/v1/admin/graphql", headers, json=body)[1]

    def scopes(self) -> Sequence[str]:
        if not self.free:
            raise NotAskedError("the store has no scope that is free")
        return self.free

    def rows(self) -> dict[str, Any]:
        if not self.saved:
            raise NotAskedError("nothing was saved")
        return self.saved


Claim = Callable[[Live], str | None]
CLAIMS: dict[str, Claim] = {}


def claim(what: str) -> Callable[[Claim], Claim]:
    """Add a promise. What it returns settles a question that nobody could answer."""

    def add(function: Claim) -> Claim:
        CLAIMS[what] = function
        return function

    return add


def confirm(settings: Settings) -> Report:
    """Ask a store; what was saved there is deleted again, whatever happens."""
    report, live = Report(f"{settings.name} at {settings.base_url}"), Live(settings)
    try:
        for what, ask in CLAIMS.items():
            try:
                answer = ask(live)
            except NotAskedError as why:
                report.not_asked[what] = str(why)
            except Exception as error:  # whatever is not as promised is a difference
                report.differs[what] = str(error) or type(error).__name__
                if not live.before and ask is list_rows:
                    break  # every further call would be refused too
            else:
                if answer is None:
                    report.confirmed.append(what)
                else:
                    report.settled[what] = answer
    finally:
        if live.saved:
            live.give_back()
        live.http.close()
    return report


def same(found: object, wanted: object) -> None:
    assert found == wanted, f"{found!r}, not {wanted!r}"


def codes(content: Any) -> list[str]:
    return [error["extensions"]["code"] for error in content.get("errors", ())]


@claim("{ __typename } answers without a token")
def _(live: Live) -> None:
    same(live.call("{ __typename }", token=False), (200, {"data": {"__typename": "Query"}}))


@claim("client credentials give a token for 14,400 s and no refresh token")
def _(live: Live) -> None:
    status, content = live.fetch_token(data=_credentials(live))
    same(status, 200)
    live.token = content["access_token"]
    same((content["expires_in"], "refresh_token" in content), (14_400, False))


@claim("listWebhook answers rows with times in milliseconds")
def list_rows(live: Live) -> None:
    live.before = live.data(LIST)
    live.free = sorted({*Scope.registrable()} - {row["scope"] for row in live.before})[:2]
    assert all(row["createdAt"] is None or row["createdAt"] > 10**12 for row in live.before)


@claim("LOGIN_REQUIRED without a token")
def _(live: Live) -> None:
    same(codes(live.call("{ listWebhook { id } }", token=False)[1]), ["LOGIN_REQUIRED"])


@claim("the other version's save is refused: HTTP 400, names in double quotes")
def _(live: Live) -> None:
    status, content = live.call(SAVE, {"input": {"endpoint": "", "scopes": []}}, version="v2")
    same((status, codes(content)), (400, ["GRAPHQL_VALIDATION_FAILED"]))
    said = content["errors"][0]["message"]
    assert said.startswith('Cannot query field "saveWebhook" on type "Mutation".'), said


@claim("INVALID_SCOPE for scopes that cannot be registered, and the whole save fails")
def _(live: Live) -> None:
    _refused_save(live, ENDPOINT, ["store/product/deleted", *live.scopes()[:1]], "INVALID_SCOPE")


@claim("ARGUMENT_VALIDATION_ERROR for an endpoint that is no URL")
def _(live: Live) -> None:
    _refused_save(live, "no url", live.scopes()[:1], "ARGUMENT_VALIDATION_ERROR")


@claim("ARGUMENT_VALIDATION_ERROR for http://")
def _(live: Live) -> None:
    _refused_save(
        live, ENDPOINT.replace("https", "http"), live.scopes()[:1], "ARGUMENT_VALIDATION_ERROR"
    )


@claim("one row per scope, in the order asked, times in milliseconds")
def _(live: Live) -> None:
    scopes = live.scopes()[::-1]
    status, content = live.save(ENDPOINT, scopes)
    same((status, codes(content)), (200, []))
    rows = content["data"]["saveWebhook"]
    same([row["scope"] for row in rows], scopes)
    assert rows[0]["createdAt"] > 10**12


@claim("saving again, one string for scopes: id and createdAt stay, the endpoint moves")
def _(live: Live) -> None:
    first, moved = next(iter(live.rows().values())), f"{ENDPOINT}/moved"
    (row,) = live.save(moved, first["scope"])[1]["data"]["saveWebhook"]
    kept = ("id", "createdAt", "scope")
    same([row[name] for name in kept], [first[name] for name in kept])
    same(row["endpoint"], moved)


@claim("v2 lists what v1 saved")
def _(live: Live) -> None:
    saved = {scope: row["id"] for scope, row in live.rows().items()}
    listed = {row["scope"]: row["id"] for row in live.data(LIST, version="v2")}
    same({scope: listed.get(scope) for scope in saved}, saved)


@claim("deleteWebhook by scope answers true, and the rows are gone")
def _(live: Live) -> None:
    live.rows()
    same(live.give_back(), {"data": {"deleteWebhook": True}})
    same(live.data(LIST), live.before)


@claim("lists answer pages: count, data, hasNext, limit, page")
def _(live: Live) -> None:
    status, content = live.call(
        "{ listOrder(pagination: {limit: 1}) { count hasNext limit page data { id } } }"
    )
    if codes(content) == ["UNAUTHORIZED"]:
        raise NotAskedError("the app may not read orders")
    same((status, codes(content)), (200, []))
    page = content["data"]["listOrder"]
    same((page["limit"], page["page"], page["hasNext"]), (1, 1, page["count"] > 1))


@claim("deleting a scope that is not registered")
def _(live: Live) -> str:
    return _told(live.call(DELETE, {"scopes": live.scopes()[:1]}))


@claim("an endpoint with a private address")
def _(live: Live) -> str:
    return _told(live.save("https://10.0.0.1/", live.scopes()[:1]))


@claim("a variable of the wrong type")
def _(live: Live) -> str:
    return _told(live.call(DELETE, {"scopes": 7}))


@claim("two operations without a name")
def _(live: Live) -> str:
    return _told(live.call("query A { __typename } query B { __typename }"))


@claim("a token request with a JSON body")
def _(live: Live) -> str:
    status, content = live.fetch_token(json=_credentials(live))
    return f"HTTP {status}, {'a' if 'access_token' in content else 'no'} token"


def _credentials(live: Live) -> dict[str, str]:
    given = live.settings
    if given.client_id is None or given.client_secret is None:
        raise NotAskedError("no client id and secret were given")
    return {
        "grant_type": "client_credentials",
        "client_id": given.client_id,
        "client_secret": given.client_secret.reveal(),
    }


def _refused_save(live: Live, endpoint: str, scopes: Sequence[str], code: str) -> None:
    status, content = live.save(endpoint, scopes)
    same((status, codes(content)), (200, [code]))


def _told(answer: tuple[int, Any]) -> str:
    status, content = answer
    if said := codes(content):
        return f"HTTP {status}, {', '.join(said)}"
    return f"HTTP {status}, {json.dumps(next(iter(content['data'].values())))}"
