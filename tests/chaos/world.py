"""The parts of a run and what lies between them: processes, proxies, stores, the truth."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

import ikas_explore as ikas
from ikas_explore.manage.journal import Journal
from tests.chaos.model import Deliveries, Registered
from tests.chaos.parts import Part, free_ports
from tests.chaos.proxy import HOST, Network, Proxy
from tests.chaos.report import Report
from tests.chaos.script import RECEIVERS, STORES
from tests.waiting import until

_LIST = "{ listWebhook { scope endpoint } }"
#: Seconds of the longest latency fault, and some more.
_LATENCY = 0.3


class World:
    """A sandbox, two receivers and a client, each in a process, with proxies between them.

    Parameters
    ----------
    seed : int
    folder : Path
    report : Report
    journal : Path
        What ``IKAS_JOURNAL`` names.
    """

    def __init__(self, seed: int, folder: Path, report: Report, journal: Path) -> None:
        self.report = report
        self.folder = folder
        self.network = Network()
        self.proxies: dict[str, Proxy] = {}
        self.parts: dict[str, Part] = {}
        self._faults: Counter[str] = Counter()
        self._life = 0
        #: Whether a fault may be lying to the client of this store about what is registered.
        self.lying = dict.fromkeys(STORES, False)
        self.http = httpx.Client(trust_env=False, timeout=5.0)
        ports = dict(zip(("sandbox", *RECEIVERS), free_ports(3), strict=True))
        try:
            self._direct = f"http://{HOST}:{ports['sandbox']}"
            settings = {"path": str(folder / "sandbox.db"), "port": ports["sandbox"], "seed": seed}
            self._start("sandbox", "sandbox", settings)
            self.credentials: dict[str, dict[str, str]] = self.parts["sandbox"].about
            for name in RECEIVERS:
                settings = {"path": self.log_of(name), "port": ports[name], "seed": seed}
                secret = self.credentials["sandbox"]["client_secret"]
                self._start(name, "receiver", {**settings, "secret": secret})
            for name, port in ports.items():
                self.proxies[name] = Proxy(self.network, port)
            self.base_url = f"http://{HOST}:{self.proxies['sandbox'].port}"
            self.client = self.parts["client"] = Part("client", "client", {}, folder)
            known = self.credentials["shared"]
            names = ("client_id", "client_secret")
            settings = {"base_url": self.base_url, **{name: known[name] for name in names}}
            self.parts["rival"] = Part("rival", "rival", settings, folder)
            self.store = self.connect("sandbox")
            self.registered = {
                store: Registered(
                    store, Journal(journal, base_url=self.base_url), report, self.rows(store)
                )
                for store in STORES
            }
        except BaseException:
            self.abandon()
            raise
        self.deliveries = Deliveries()

    def rival(self) -> Part:
        """Return the process that writes to the shared store too; it starts with the first use."""
        rival = self.parts["rival"]
        if not rival.baseline:
            rival.start()
        return rival

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
        """Return all deliveries, or all attempts, of the store that events happen in."""
        answer: list[dict[str, Any]] = self._ask("GET", f"/control/{what}", "sandbox")
        return answer

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
