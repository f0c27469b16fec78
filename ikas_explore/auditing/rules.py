"""The rules that need nothing but the frame: one small function each.

Each takes the prepared webhooks (see `ikas_explore.auditing.rule`) and what is wanted. The first
line of its docstring says what is wrong: `ikas-explore audit --rules` shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ikas_explore.auditing.prepared import covered
from ikas_explore.auditing.rule import Rule, found, rule, where
from ikas_explore.schema.scopes import Scope
from ikas_explore.text.printable import counted
from ikas_explore.values.names import did_you_mean, matches
from ikas_explore.values.secret import holds_secret
from ikas_explore.values.urls import is_private, normal_host

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.auditing.wanted import Wanted

#: Hosts of tunnels to a developer's machine and of services that show what was sent to them.
TUNNEL_HOSTS = (
    "*.ngrok.io", "*.ngrok.app", "*.ngrok.dev", "*.ngrok-free.app", "*.ngrok-free.dev",
    "*.trycloudflare.com", "*.cfargotunnel.com", "*.loca.lt", "*.localtunnel.me", "*.lhr.life",
    "*.serveo.net", "*.localhost.run", "*.telebit.io", "*.tunnelmole.net", "*.pinggy.link",
    "*.pinggy.io", "*.bore.pub", "*.zrok.io", "*.ts.net", "*.devtunnels.ms",
    "*.githubpreview.dev", "*.app.github.dev", "*.gitpod.io", "*.hookdeck.com",
    "webhook.site", "*.webhook.site", "webhook.cool", "*.webhook.cool", "requestbin.com",
    "*.requestbin.com", "*.requestbin.net", "*.m.pipedream.net", "*.beeceptor.com", "smee.io",
    "*.requestcatcher.com", "*.typedwebhook.tools", "*.mockbin.io", "httpbin.org", "ptsv3.com",
)  # fmt: skip

_SAVE_ELSEWHERE = "Save the scope with the endpoint it should have."


@rule("invalid-endpoint", "error", remedy=_SAVE_ELSEWHERE)
def invalid_endpoint(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The endpoint is not an address that ikas could post to."""
    rows = webhooks[webhooks["problem"] != ""]
    return found(rows, list(rows["problem"]))


@rule("not-https", "error", remedy="Save the scope with an https:// endpoint.")
def not_https(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The endpoint is not https: others can read and change what is pushed."""
    rows = webhooks[(webhooks["scheme"] != "https") & (webhooks["problem"] == "")]
    return found(rows, "The endpoint is not https.")


@rule("private-host", "error", remedy="Save the scope with a host the internet can reach.")
def private_host(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The host is loopback, private or reserved: ikas cannot reach it."""
    rows = webhooks[where(webhooks["host"], lambda host: bool(host) and is_private(host))]
    return found(rows, [f"{host} cannot be reached from the internet." for host in rows["host"]])


@rule("host-not-allowed", "error", remedy="Save the scope with an allowed host, or allow this one.")
def host_not_allowed(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The host is not among the policy's ``allowed_hosts``."""
    allowed = [normal_host(each, pattern=True) or each for each in wanted.allowed_hosts]
    if not allowed:
        return found(webhooks.head(0), "")

    def is_foreign(host: str) -> bool:
        return bool(host) and not any(matches(pattern, host) for pattern in allowed)

    rows = webhooks[where(webhooks["host"], is_foreign)]
    return found(rows, [f"{host} is not among the allowed hosts." for host in rows["host"]])


@rule("scope-twice", "error", remedy="Delete the scope, then save it again.")
def scope_twice(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """ikas lists a scope of a store more than once, and should hold one endpoint for it."""
    rows = webhooks[webhooks.duplicated(["store", "scope"], keep=False)]
    endpoints: dict[tuple[str, str], list[str]] = {}
    for store, scope, endpoint in zip(rows["store"], rows["scope"], rows["endpoint"], strict=True):
        endpoints.setdefault((store, scope), []).append(endpoint)
    return found(
        rows.drop_duplicates(["store", "scope"])[["store", "scope"]],
        [f"{len(each)} rows: {', '.join(sorted(each))}." for each in endpoints.values()],
    )


@rule("scope-missing", "error", remedy="Save the scope with the endpoint that should get it.")
def scope_missing(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """A scope that the policy requires is not registered."""
    import numpy as np
    import pandas as pd

    required = wanted.required_scopes()
    stores = list(dict.fromkeys([*wanted.stores, *webhooks["store"].cat.categories]))
    store_at, scope_at = np.nonzero(~covered(webhooks, stores, required))
    rows = pd.DataFrame(
        {
            "store": np.array(stores, dtype=object)[store_at],
            "scope": np.array(required, dtype=object)[scope_at],
        }
    )
    return found(rows, "The policy requires this scope, and it is not registered.")


@rule("scope-unknown", "error", remedy="Delete the scope; see Scope.registrable() for what works.")
def scope_unknown(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The scope does not exist, or cannot be registered through the API."""
    known = list(map(str, Scope.registrable()))
    rows = webhooks[where(webhooks["scope"], lambda scope: scope not in known)]

    def why(scope: str) -> str:
        if scope not in list(Scope):
            return f"There is no scope {scope!r}.{did_you_mean(scope, known)}"
        if Scope(scope).registration == "panel-only":
            return f"{scope} is delivered only to the address set in the partner panel."
        return f"{scope} is in ikas' SDK, and the API refuses it."

    messages = {scope: why(scope) for scope in rows["scope"].unique()}
    return found(rows, [messages[scope] for scope in rows["scope"]])


@rule("tunnel-host", "warning", remedy="Save the scope with the host of the real application.")
def tunnel_host(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The host is a development tunnel or a request bin: it goes away, or others can read it."""

    def is_tunnel(host: str) -> bool:
        return any(matches(pattern, host) for pattern in TUNNEL_HOSTS)

    rows = webhooks[where(webhooks["host"], is_tunnel)]
    return found(
        rows, [f"{host} is a development tunnel or a request bin." for host in rows["host"]]
    )


@rule(
    "credentials-in-url",
    "warning",
    remedy="Take the secret out of the endpoint and check the signature of each delivery instead.",
)
def credentials_in_url(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The endpoint holds a password, token or key, which everyone who lists webhooks can read."""
    rows = webhooks[where(webhooks["endpoint"], holds_secret)]
    return found(rows, "The endpoint holds a password, token or key.")


@rule("scope-unpaired", "warning", remedy="Save the other scope too, or ignore this with a reason.")
def scope_unpaired(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """Only one of ``created`` and ``updated`` is registered: half of the changes are missed."""
    paired = where(webhooks["verb"], lambda verb: verb in ("created", "updated"))
    paired &= where(webhooks["scope"], lambda scope: scope in Scope.registrable())
    rows = webhooks[paired].drop_duplicates(["store", "scope"])
    rows = rows[~rows.duplicated(["store", "group"], keep=False)]
    other = {"created": "updated", "updated": "created"}
    return found(
        rows,
        [
            f"{group}/{verb} is registered and {group}/{other[verb]} is not."
            for group, verb in zip(rows["group"], rows["verb"], strict=True)
        ],
    )


@rule(
    "resource-split",
    "warning",
    remedy="Save all scopes of the resource with one host, or ignore this with a reason.",
)
def resource_split(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The scopes of one resource go to several hosts: often one of them was forgotten."""
    rows = webhooks[webhooks["host"] != ""].drop_duplicates(["store", "group", "host"])
    rows = rows[rows.duplicated(["store", "group"], keep=False)]
    hosts: dict[tuple[str, str], list[str]] = {}
    for store, group, host in zip(rows["store"], rows["group"], rows["host"], strict=True):
        hosts.setdefault((store, group), []).append(host)
    first = rows.drop_duplicates(["store", "group"])
    keys = list(zip(first["store"], first["group"], strict=True))
    findings = first[["store"]].assign(scope=[f"store/{group}/*" for _, group in keys])
    return found(
        findings,
        [f"{key[1]} goes to {len(hosts[key])} hosts: {', '.join(hosts[key])}." for key in keys],
    )


@rule("endpoint-alike", "warning", remedy="Save the scope with the spelling that is meant.")
def endpoint_alike(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """Endpoints differ only by slash, case or port: one of them is often a slip."""
    readable = webhooks[webhooks["problem"] == ""]
    spellings = (
        readable.groupby(["likeness", "endpoint"], observed=True)
        .size()
        .reset_index(name="rows")
        .sort_values(["likeness", "rows", "endpoint"], ascending=[True, False, True])
    )
    usual = spellings.drop_duplicates("likeness").set_index("likeness")["endpoint"]
    odd = set(spellings.loc[spellings.duplicated("likeness"), "endpoint"])
    rows = readable[where(readable["endpoint"], lambda endpoint: endpoint in odd)]
    meant = usual.astype(object).reindex(rows["likeness"].astype(object))
    return found(rows, [f"It differs from {each} only by slash, case or port." for each in meant])


@rule("row-deleted", "info", deleted=True, remedy="Save the scope again if it should be pushed.")
def row_deleted(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """ikas lists the row as deleted: nothing is pushed for it."""
    return found(webhooks, "ikas lists this row as deleted.")


@rule("stale", "info", remedy="Check that the receiver is still in use; saving again renews it.")
def stale(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """The webhook was last saved more than ``stale_after_days`` ago."""
    rows = webhooks[webhooks["age_days"] > wanted.stale_after_days]
    return found(rows, [f"Not saved for {counted(round(age), 'day')}." for age in rows["age_days"]])


@rule(
    "endpoint-shared",
    "info",
    remedy="Put the store's name into the endpoint: a delivery's merchantId is not signed.",
)
def endpoint_shared(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """Several stores push to one endpoint without the store's name in it."""
    rows = webhooks.drop_duplicates(["store", "endpoint"])
    rows = rows[rows.duplicated("endpoint", keep=False)]
    unmarked = [
        store.casefold() not in endpoint.casefold()
        for store, endpoint in zip(rows["store"], rows["endpoint"], strict=True)
    ]
    stores = rows["endpoint"].map(rows["endpoint"].value_counts())
    findings = rows.loc[unmarked, ["store", "endpoint"]]
    return found(findings, [f"{count} stores push here." for count in stores[unmarked]])


@rule("many-endpoints", "info", remedy="One endpoint can tell the scopes apart by `scope`.")
def many_endpoints(webhooks: DataFrame, wanted: Wanted) -> DataFrame:
    """A store has more than ``max_endpoints_per_host`` endpoints on one host."""
    rows = webhooks[webhooks["host"] != ""].drop_duplicates(["store", "host", "endpoint"])
    counts = rows.groupby(["store", "host"], observed=True).size().reset_index(name="count")
    many = counts[counts["count"] > wanted.max_endpoints_per_host]
    return found(
        many[["store"]],
        [
            f"{counted(count, 'endpoint')} on {host}."
            for host, count in zip(many["host"], many["count"], strict=True)
        ],
    )


#: In the order in which they are written here and reported.
RULES: tuple[Rule, ...] = tuple(each for each in globals().values() if isinstance(each, Rule))
