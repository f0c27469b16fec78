"""Many stores as one: asked at the same time, and unaffected by each other's failures."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.client.operations import Registrations
from ikas_explore.errors import InvalidArgumentError, TransportError
from ikas_explore.fleet.listing import MOST_WORKERS, Listing
from ikas_explore.fleet.stores_file import Roster, open_roster
from ikas_explore.manage.desired import read_desired
from ikas_explore.manage.journal import Journals
from ikas_explore.manage.plan import Plan, make_plan
from ikas_explore.manage.undo import make_undo, refuse_arguments
from ikas_explore.store import Store
from ikas_explore.text.html_table import escape, html_table
from ikas_explore.text.language import read_language
from ikas_explore.text.printable import counted, first_of, shown
from ikas_explore.text.progress import Progress, progressing
from ikas_explore.values.names import check_flag, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from pandas import DataFrame

    from ikas_explore.auditing.policy import Policy
    from ikas_explore.auditing.report import Audit
    from ikas_explore.fleet.querying import FleetQuery
    from ikas_explore.forms.fleet_matrix import FleetManager
    from ikas_explore.manage.desired import DesiredLike
    from ikas_explore.monitoring.arrived import Received
    from ikas_explore.monitoring.missed import Look, Missed
    from ikas_explore.values.times import Time


#: Stores that a line names.
_NAMED = 10
_MOST_ROWS = 500  # in a notebook


class Fleet:
    """Many stores, listed, audited, planned and undone together.

    `from_file` makes one from a file that names the stores. Closing a fleet, or leaving its
    ``with``, closes its stores.

    Parameters
    ----------
    stores : iterable of Store
        Stores with different names.

    Raises
    ------
    InvalidArgumentError
        No store was given, two have the same name, or one is not a Store.

    Examples
    --------
    >>> import ikas_explore as ikas
    >>> with ikas.Sandbox() as box:
    ...     stores = [box.add_store(name) for name in ("acme", "moda")]
    ...     fleet = ikas.Fleet(
    ...         ikas.connect(each.name, access_token=each.access_token, base_url=box.base_url)
    ...         for each in stores
    ...     )
    ...     with fleet:
    ...         plan = fleet.plan({"https://example.com/{store}": ["store/order/created"]})
    ...         outcome = plan.apply()
    ...         fleet.list()[["store", "endpoint"]].to_dict("records")
    ...         len(fleet.errors)
    ... # doctest: +NORMALIZE_WHITESPACE
    [{'store': 'acme', 'endpoint': 'https://example.com/acme'},
     {'store': 'moda', 'endpoint': 'https://example.com/moda'}]
    0
    """

    def __init__(self, stores: Iterable[Store]) -> None:
        given = [*stores] if isinstance(stores, Iterable) else [stores]
        for each in given:
            if not isinstance(each, Store):
                raise InvalidArgumentError(
                    f"A fleet is made of stores, as connect() returns them, not of {shown(each)}; "
                    "Fleet.from_file() reads a file of names."
                )
        self._hold(Roster(stores=given))
        if not self._stores:
            raise InvalidArgumentError("A fleet needs at least one store.")

    def _hold(self, roster: Roster) -> None:
        self._stores: dict[str, Store] = {}
        for store in roster.stores:
            if self._stores.setdefault(store.name, store) is not store:
                raise InvalidArgumentError(
                    f"Two stores of the fleet are named {store.name!r}, so their rows could not be "
                    "told apart. Name them differently: connect(NAME, ...)."
                )
        self._roster = roster
        self._closed = False
        self._listing = Listing(self._stores, roster.unusable)

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> Fleet:
        """Make a fleet of the stores that a TOML file names.

        The file names the environment variables that hold the secrets; it never holds the secrets
        themselves. `ikas_explore.fleet.stores_file` describes it. A store is at ikas unless the
        file has a ``base_url``: IKAS_BASE_URL does not count here. All stores of a host share one
        pool of connections.

        Parameters
        ----------
        path : str or Path
        timeout, transport
            As for `connect`.

        Returns
        -------
        Fleet
            A store whose variables are not set is in `errors` after every call.

        Raises
        ------
        InvalidArgumentError
            The file cannot be read, is wrong, or seems to hold a secret.
        """
        roster = open_roster(path, timeout=timeout, transport=transport)
        fleet = cls.__new__(cls)
        fleet._hold(roster)
        return fleet

    @property
    def names(self) -> list[str]:
        """The names of all stores, sorted."""
        return sorted([*self._stores, *self._roster.unusable])

    @property
    def stores(self) -> Mapping[str, Store]:
        """The stores by name."""
        return dict(self._stores)

    @property
    def errors(self) -> DataFrame:
        """The stores that the last `list`, `audit` or `plan` could not list, one per row.

        Columns ``store, error, message`` (strings). ``error`` is the name of the exception's class,
        or ``KeyboardInterrupt`` if Ctrl-C came first; ``message`` says why.
        """
        return self._listing.errors()

    @property
    def listed(self) -> DataFrame:
        """The webhook frame that the last `list`, `audit` or `plan` fetched.

        After Ctrl-C it has the stores that were listed by then. While stores are being listed, it
        is still the frame of the time before.
        """
        return self._listing.frame

    @property
    def journal(self) -> Journals:
        """What was registered before each write to any of the stores, as one stack.

        Each store has one journal, in memory or in the file that ``IKAS_JOURNAL`` names, and
        whoever writes to the store writes to that one.
        """
        return Journals({name: store.webhooks.journal for name, store in self._stores.items()})

    def list(self, *, workers: int = 32, progress: Progress | bool | None = None) -> DataFrame:
        """List the webhooks of all stores as one webhook frame.

        Stores that could not be listed have no rows in the frame: one warning names them, and
        `errors` says why.

        Parameters
        ----------
        workers : int, default 32
            How many stores are listed at the same time, from 1 to 100. Each store keeps ikas'
            limit of 50 requests in 10 s for itself.
        progress : callable, optional
            Called with ``(done, total)`` after each store. Default: a bar in a notebook or
            terminal when listing takes more than two seconds.

        Returns
        -------
        pandas.DataFrame
            The columns and dtypes of `Webhooks.list`, one row per webhook, sorted by store and
            scope.

        Raises
        ------
        InvalidArgumentError
            `workers` is out of range.
        TransportError
            The fleet is closed.
        KeyboardInterrupt
            On Ctrl-C, at once. `listed` has what was fetched by then, and `errors` names the
            stores that were not listed.
        """
        self._fetch(workers, progress)
        self._warn(3)
        return self._listing.frame

    def _warn(self, stacklevel: int) -> None:
        if self._listing.failures:
            told = f"{_missing(self._listing.failures)}. fleet.errors says why."
            warnings.warn(told, stacklevel=stacklevel)

    def _refuse_closed(self) -> None:
        if self._closed:
            raise TransportError("This fleet is closed; make a new one.")

    def _fetch(self, workers: int, progress: Progress | bool | None) -> None:
        self._refuse_closed()
        self._listing.fetch(workers=workers, progress=progress)

    def audit(
        self,
        policy: Policy | str | Path | dict[str, Any] | None = None,
        *,
        probe: bool = False,
        received: Received | None = None,
        workers: int = 32,
        progress: Progress | bool | None = None,
    ) -> Audit:
        """Report what is wrong with the webhooks of all stores; as `Webhooks.audit` for one.

        A store that could not be asked is a finding too, so the audit is not `ok` then. `workers`
        and `progress` are as for `list`; `progress` counts the stores, then the probes.
        """
        from ikas_explore.auditing.audit import examine
        from ikas_explore.auditing.policy import read_policy
        from ikas_explore.deliveries.leases import leased
        from ikas_explore.monitoring.health import find_health

        def fetch_and(look: Look) -> Sequence[Any]:
            self._fetch(workers, progress)
            return self._look(look, workers, progress)

        # Mistakes come before anything is sent.
        policy = read_policy(policy)
        check_flag("probe", probe)
        health = None
        if received is None:
            self._fetch(workers, progress)
        else:
            health = find_health(received, fetch_and)
        with progressing(progress, "endpoints") as tell:
            return examine(
                self._listing.frame,
                policy,
                probe=probe,
                health=health,
                leases=leased({name: each.base_url for name, each in self._stores.items()}),
                stores=self._listing.reached,
                sandboxes=[name for name, each in self._stores.items() if _local(each)],
                errors=self._listing.failures,
                progress=tell,
            )

    def plan(
        self,
        desired: DesiredLike,
        *,
        prune: bool = False,
        workers: int = 32,
        progress: Progress | bool | None = None,
    ) -> Plan:
        """Compare what is registered in all stores with what should be; nothing is written yet.

        Parameters
        ----------
        desired : pandas.DataFrame, path of a TOML file or snapshot, or mapping
            ``{store}`` in an endpoint is replaced by each store's name; see
            `ikas_explore.manage.desired`. A frame with a column ``store`` is only for the stores
            that it names.
        prune : bool, default False
            As for `Webhooks.plan`.
        workers, progress
            As for `list`; `Plan.apply` writes to as many stores at the same time.

        Returns
        -------
        Plan
            For the stores that could be listed. Its notes and `errors` name the others.

        Raises
        ------
        PlanError, InvalidScopeError, InvalidArgumentError
            As for `Webhooks.plan`; also when no store could be listed, or when the stores have
            different base URLs.
        """
        check_flag("prune", prune)
        self._refuse_hosts()
        wanted = read_desired(desired)
        self._fetch(workers, progress)
        failures = self._listing.failures
        if not self._listing.reached:
            raise self._listing.nothing("listed")
        return make_plan(
            wanted,
            self._writable(self._listing.reached),
            names=self.names,
            before=self._listing.rows(),
            prune=prune,
            local=all(map(_local, self._stores.values())),
            journals=self.journal,
            notes=[f"{name} is not in this plan: {why}" for name, why in failures.items()],
            workers=workers,
        )

    def undo(self, **gone: object) -> Plan | None:
        """Plan what takes back the last write to any store; as `Webhooks.undo` for one.

        The last write is that of one store, or all that one `Plan.apply` wrote, in all stores.
        Stores that could not be listed are in the plan's notes, and what was written there stays
        in their journals.
        """
        refuse_arguments(gone)
        stores, left_out = self._writable(self._stores), self._roster.unusable
        return make_undo(self.journal, stores, left_out=left_out, workers=MOST_WORKERS)

    def query(self, field: str) -> FleetQuery:
        """Start a query for a list of all stores: one frame with a column ``store``.

        `field` is as for `Store.query`.

        Returns
        -------
        FleetQuery
            With the steps of `Query`; ``limit`` counts for each store. A store that fails is in
            `errors`, and no row of it in the frame.
        """
        from ikas_explore.fleet.querying import FleetQuery

        self._refuse_closed()
        return FleetQuery(self._stores, self._listing, field)

    def missed(
        self,
        received: Received,
        *,
        since: Time,
        until: Time | None = None,
        grace: float = 300.0,
        workers: int = 32,
        progress: Progress | bool | None = None,
    ) -> Missed:
        """Return what changed in any store and never arrived; as `Webhooks.missed` for one.

        It is for the stores that could be asked; `errors` names the others. `workers` and
        `progress` are as for `list`.
        """
        from ikas_explore.monitoring.missed import find_missed

        return find_missed(
            received,
            lambda look: self._ask(look, workers, progress),
            since=since,
            until=until,
            grace=grace,
        )

    def health(
        self,
        received: Received | None = None,
        *,
        since: Time | None = None,
        until: Time | None = None,
        grace: float = 300.0,
        workers: int = 32,
        progress: Progress | bool | None = None,
    ) -> DataFrame:
        """Return how the deliveries of each scope of all stores are; as `Webhooks.health` for one.

        It is for the stores that could be asked; see `missed`.
        """
        from ikas_explore.monitoring.health import find_health

        return find_health(
            received,
            lambda look: self._ask(look, workers, progress),
            since=since,
            until=until,
            grace=grace,
        )

    def budget(self) -> DataFrame:
        """Return how much is left before ikas' limits: `Store.budget` with ``store`` in front."""
        from ikas_explore.client.throttle import NOT_VISIBLE
        from ikas_explore.frames.frames import budget_frame

        rows = [
            {"store": store.name, **row} for store in self for row in store.client.budget.rows()
        ]
        return budget_frame(rows, NOT_VISIBLE, of_stores=True)

    def _ask(self, look: Look, workers: int, progress: Progress | bool | None) -> Sequence[Any]:
        self._fetch(workers, progress)
        self._warn(6)  # who called missed() or health()
        found = self._look(look, workers, progress)
        if not found:
            raise self._listing.nothing("asked")
        return found

    def _look(self, look: Look, workers: int, progress: Progress | bool | None) -> Sequence[Any]:
        """Ask the stores that were listed; one that fails joins the failures."""
        listed = self._listing.frame

        def ask(store: Store) -> Any:
            return look(store.name, store, listed[listed["store"] == store.name])

        names = self._listing.reached
        found = self._listing.ask(ask, names, workers=workers, progress=progress)
        return [*found.values()]

    def manager(
        self,
        *,
        language: str | None = None,
        workers: int = 32,
        progress: Progress | bool | None = None,
    ) -> FleetManager:
        """List all stores and show them in a matrix that can act, for a notebook's cell.

        A row is a store, a column a scope. It moves webhooks of the stores selected with `plan`,
        after a preview, and opens a store's own manager in place.

        It also names the stores that could not be listed. `language` is as for
        `Webhooks.save_form`, `workers` and `progress` as for `list`.
        """
        from ikas_explore.forms.fleet_matrix import FleetManager

        language = read_language(language)  # before anything is sent
        self._fetch(workers, progress)
        return FleetManager(self, language=language)

    def close(self) -> None:
        """Close the stores and their connections; calling it again does nothing."""
        self._closed = True
        for store in self._stores.values():
            store.close()
        for http in self._roster.https.values():
            http.close()

    def _refuse_hosts(self) -> None:
        hosts = sorted({store.base_url for store in self._stores.values()})
        if len(hosts) > 1:
            raise InvalidArgumentError(
                f"A plan is for stores at one base URL, and these are at {', '.join(hosts)}. Make "
                "a fleet for each, so that a sandbox and ikas are never written to together."
            )

    def _writable(self, names: Iterable[str]) -> dict[str, Registrations]:
        return {name: Registrations(self._stores[name].client) for name in names}

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Store]:
        return iter([self._stores[name] for name in sorted(self._stores)])

    def __getitem__(self, name: str) -> Store:
        if name in self._stores:
            return self._stores[name]
        if name in self._roster.unusable:
            raise self._roster.unusable[name]
        raise KeyError(f"There is no store {shown(name)}.{did_you_mean(name, self.names)}")

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_listing"):  # in the traceback of why it could not be made
            return "<Fleet (not made)>"
        hosts = sorted({store.base_url for store in self._stores.values()})
        missing = self._listing.failures
        not_reached = (
            f", {len(missing)} not reached: {first_of(missing, _NAMED)}," if missing else ""
        )
        number = counted(len(self.names), "store")
        return f"<Fleet of {number}{not_reached} at {', '.join(hosts) or 'no host'}>"

    def _repr_html_(self) -> str:
        counts, failed = self._listing.counts, self._listing.failures
        names = sorted(self.names, key=lambda name: name not in failed)  # those with errors first
        rows = [
            (name, counts.get(name, "not listed"), failed.get(name, ""))
            for name in names[:_MOST_ROWS]
        ]
        left = len(names) - len(rows)
        more = f"<p>{counted(left, 'more store')} in fleet.names.</p>" if left else ""
        table = html_table(["store", "webhooks", "error"], rows, left=True)
        return f"<p>{escape(repr(self).strip('<>'))}</p>{table}{more}"


def _missing(failures: Mapping[str, str]) -> str:
    was = "was" if len(failures) == 1 else "were"
    return f"{counted(len(failures), 'store')} {was} not listed: {first_of(failures, _NAMED)}"


def _local(store: Store) -> bool:
    return store.client.settings.local
