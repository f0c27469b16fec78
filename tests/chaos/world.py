"""The parts of a run and what lies between them: processes, proxies, stores, the truth."""

from __future__ import annotations

import socket
import ssl
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

import ikas_explore as ikas
from ikas_explore.deliveries.leases import leases_of
from ikas_explore.manage.journal import Journal
from tests.chaos.model import Deliveries, Registered
from tests.chaos.parts import Part, free_ports
from tests.chaos.proxy import HOST, Network, Proxy
from tests.chaos.report import Report
from tests.chaos.script import RECEIVERS, SCOPES, STORES
from tests.waiting import until

_LIST = "{ listWebhook { scope endpoint } }"
_SAVE = "mutation ($input: WebhookInput!) { saveWebhook(input: $input) { id } }"
#: Seconds of the longest latency fault, and some more.
_LATENCY = 0.3


class World:
    """A sandbox, two receivers and clients, each in a process, with proxies between them.

    Parameters
    ----------
    seed : int
    folder : Path
    report : Report
    journal : Path
        What ``IKAS_JOURNAL`` names.
    context : ssl.SSLContext
        For https: a tunnel's public end, and the way of the session behind it to the sandbox.
    """

    def __init__(
        self, seed: int, folder: Path, report: Report, journal: Path, context: ssl.SSLContext
    ) -> None:
        self.report = report
        self.folder = folder
        self.network = Network()
        self.proxies: dict[str, Proxy] = {}
        self.parts: dict[str, Part] = {}
        self._faults: Counter[str] = Counter()
        self._life = 0
        #: Whether a fault may be lying to the client of this store about what is registered.
        self.lying = dict.fromkeys(STORES, False)
        # Every other seed: its authority is another one after each start, and is not asked.
        beyond = ssl._create_unverified_context() if seed % 2 else None
        self.http = httpx.Client(trust_env=False, timeout=5.0, verify=False)
        found = free_ports(5)
        ports = dict(zip(("sandbox", *RECEIVERS), found, strict=False))
        self._agent, listening = found[3:]
        try:
            self._direct = f"http{'s' * (seed % 2)}://{HOST}:{ports['sandbox']}"
            settings = {"path": str(folder / "sandbox.db"), "port": ports["sandbox"], "seed": seed}
            settings["tls"] = bool(seed % 2)
            self._start("sandbox", "sandbox", settings)
            self.credentials: dict[str, dict[str, str]] = self.parts["sandbox"].about
            for name in RECEIVERS:
                settings = {"path": self.log_of(name), "port": ports[name], "seed": seed}
                self._start(name, "receiver", {**settings, "secret": self.secrets})
            for name, port in ports.items():
                to = beyond if name == "sandbox" else None
                self.proxies[name] = Proxy(self.network, port, beyond=to)
            self.proxies["tunnel"] = Proxy(self.network, self._agent, context)
            self.proxies["lent"] = Proxy(self.network, ports["sandbox"], context, beyond)
            self.base_url = f"http://{HOST}:{self.proxies['sandbox'].port}"
            self.lent_url = f"https://{HOST}:{self.proxies['lent'].port}"
            self.public_url = f"https://{HOST}:{self.proxies['tunnel'].port}/ikas"
            settings = {"url": self.public_url, "agent": self._agent, "port": listening}
            settings |= {"app": self.endpoint("receiver-1", "app"), "path": self.log_of("listen")}
            settings["scopes"] = [*SCOPES]
            for name, kind, given in (
                ("client", "client", {}),
                ("rival", "rival", self._login("shared", self.base_url)),
                ("listen", "listen", settings | self._login("lent", self.lent_url)),
                ("blocking", "blocking", {"path": str(folder / "blocking.db")}),
            ):
                self.parts[name] = Part(name, kind, given, folder)
            self.client = self.parts["client"]
            self.store = self.connect("sandbox")
            held = {"endpoint": self.endpoint("receiver-0", "held"), "scopes": SCOPES[::2]}
            self._ask(
                *("POST", "/api/v1/admin/graphql", "lent"),
                json={"query": _SAVE, "variables": {"input": held}},
            )
            self.registered = {
                store: Registered(
                    store, Journal(journal, base_url=self.base_url), report, self.rows(store)
                )
                for store in STORES
            }
            self.registered["lent"].may(dict.fromkeys(SCOPES, self.public_url))
        except BaseException:
            self.abandon()
            raise
        self.deliveries = Deliveries()

    @property
    def secrets(self) -> list[str]:
        """What signs the deliveries that the run counts."""
        return [self.credentials[store]["client_secret"] for store in ("sandbox", "lent")]

    def part(self, name: str) -> Part:
        """Return a process that is up; some start with their first use."""
        part = self.parts[name]
        part.settled()
        if not part.baseline:
            part.start()
        return part

    def log_of(self, receiver: str) -> str:
        """Return the file of a receiver's log."""
        return str(self.folder / f"{receiver}.db")

    def endpoint(self, receiver: str, path: str) -> str:
        """Return an endpoint at a receiver, as its proxy has it."""
        return f"http://{HOST}:{self.proxies[receiver].port}/{path}"

    def connect(self, store: str, **settings: Any) -> ikas.Store:
        """Connect to a store through the proxy, with a token that is fetched and soon expires."""
        known = self.credentials[store]
        return ikas.connect(
            store,
            base_url=self.base_url,
            client_id=known["client_id"],
            client_secret=known["client_secret"],
            timeout=0.7,
            **settings,
        )

    def rows(self, store: str) -> dict[str, str]:
        """Return the rows as they are, past faults and proxies: scope to endpoint."""
        self.count_faults(aside=True)
        answer = self._ask("POST", "/api/v1/admin/graphql", store, json={"query": _LIST})
        self.parts["sandbox"].command("faults", set=self._left)
        return {row["scope"]: row["endpoint"] for row in answer["data"]["listWebhook"]}

    def control(self, what: str) -> list[dict[str, Any]]:
        """Return all deliveries, or all attempts, of the stores that events happen in."""
        stores = ("sandbox", "lent")
        return [row for store in stores for row in self._ask("GET", f"/control/{what}", store)]

    def grant(self, code: str) -> str:
        """Return the refresh token that an authorization code gives."""
        known = self.credentials["sandbox"]
        form = {"grant_type": "authorization_code", "code": code}
        form |= {name: known[name] for name in ("client_id", "client_secret")}
        answer = self.http.post(f"{self._direct}/api/admin/oauth/token", data=form)
        return str(answer.raise_for_status().json()["refresh_token"])

    def add_fault(self, fault: dict[str, Any]) -> None:
        """Break one thing of the sandbox's."""
        self.count_faults()
        if self.parts["sandbox"].command("fault", fault=fault) is None and not self._restarted():
            self._faults[fault["kind"]] += fault["calls"]
            self.lying[fault["store"]] |= fault["kind"] == "uninstalled"

    def count_faults(self, *, aside: bool = False) -> None:
        """Count the sandbox's faults that struck since the last time; `aside` takes them away."""
        self.parts["sandbox"].settled()
        left = self.parts["sandbox"].command("faults", set=[])
        if not aside:
            self.parts["sandbox"].command("faults", set=left)
        self._left = left
        remaining = Counter[str]()
        for fault in left:
            remaining[fault["kind"]] += fault["calls"]
        if self._restarted():  # what had struck before that is not known, and not counted
            self._life = self.parts["sandbox"].counts["restarted"]
        else:
            self.report.faults.update(self._faults - remaining)
        self._faults = remaining
        for store in STORES:
            self.lying[store] = any(
                fault["kind"] == "uninstalled" and fault["store"] == store for fault in left
            )

    def quiet(self) -> None:
        """Wait until nothing that a client sent can still be on its way, and the sandbox is up."""
        self.parts["sandbox"].settled()
        until(lambda: not self.proxies["sandbox"].holding)
        time.sleep(_LATENCY if "latency" in self._faults else 0.05)

    def look(self, store: str) -> None:
        """Compare a store's rows with the model, while nobody writes there."""
        self.quiet()
        self.registered[store].check_rows(self.rows(store), from_journal=store != "sandbox")

    def look_lent(self) -> None:
        """Compare what a session borrowed, and the leases of dead ones, with the rows."""
        self.quiet()
        leased = {each.scope for each in leases_of(self.lent_url, "lent")}
        borrowed = set(self.parts["listen"].about.get("borrowed", ()))
        self.registered["lent"].check_lent(self.rows("lent"), self.public_url, leased, borrowed)

    def look_tunnel(self) -> None:
        """Check that the agent of a session that ended is gone."""
        try:
            until(self._agent_is_gone, 10)
        except TimeoutError:
            self.report.fail("left running", f"something listens on {self._agent}")

    def _agent_is_gone(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex((HOST, self._agent)) != 0

    def _login(self, store: str, base_url: str) -> dict[str, str]:
        names = ("client_id", "client_secret")
        return {"base_url": base_url, **{name: self.credentials[store][name] for name in names}}

    def abandon(self) -> None:
        """End everything, in whatever state it is."""
        for part in self.parts.values():
            part.abandon()
        self.end_network()

    def end_network(self) -> None:
        """Close all connections of this process."""
        self.http.close()
        if hasattr(self, "store"):
            self.store.close()
        for proxy in self.proxies.values():
            proxy.close()
        self.proxies.clear()
        self.network.close()

    def _restarted(self) -> bool:
        return self.parts["sandbox"].counts["restarted"] != self._life

    def _start(self, name: str, kind: str, settings: dict[str, Any]) -> None:
        self.parts[name] = Part(name, kind, settings, self.folder)
        self.parts[name].start()

    def _ask(self, method: str, path: str, store: str, **given: Any) -> Any:
        token = self.credentials[store]["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.http.request(method, f"{self._direct}{path}", headers=headers, **given)
        return answer.raise_for_status().json()
