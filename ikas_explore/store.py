"""`connect` and `Store`: one store of ikas, or a sandbox."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ikas_explore.client.client import Client, open_http
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.manage.journal import Journal, path_of_environment
from ikas_explore.settings import SANDBOX, Settings, read_settings, read_variable
from ikas_explore.text.html_table import escape
from ikas_explore.text.printable import shown
from ikas_explore.values.names import check_flag
from ikas_explore.values.secret import Secret, hide
from ikas_explore.values.urls import is_loopback, read_url
from ikas_explore.webhooks import Webhooks

if TYPE_CHECKING:
    from types import ModuleType

    import httpx
    from pandas import DataFrame
    from sgqlc.types import Field

    from ikas_explore.client.query import Query
    from ikas_explore.client.throttle import OnBudget
    from ikas_explore.sandbox import Sandbox


def connect(
    store: str | Sandbox | None = None,
    *,
    access_token: str | Secret | None = None,
    client_id: str | None = None,
    client_secret: str | Secret | None = None,
    refresh_token: str | Secret | None = None,
    on_token: Callable[[dict[str, Any]], object] | None = None,
    api_version: str | None = None,
    base_url: str | None = None,
    timeout: float = 30.0,
    transport: httpx.BaseTransport | None = None,
    on_budget: OnBudget | None = None,
) -> Store:
    """Connect to a store of ikas, or to a sandbox on this machine.

    What you do not pass is read from the environment, then from the nearest ``.env`` file:
    ``IKAS_STORE``, ``IKAS_ACCESS_TOKEN``, ``IKAS_REFRESH_TOKEN``, ``IKAS_CLIENT_ID``,
    ``IKAS_CLIENT_SECRET``, ``IKAS_API_VERSION``, ``IKAS_BASE_URL``. If you pass one credential,
    those in the environment are ignored. ``IKAS_DOTENV=off`` leaves the file out. Nothing is
    sent before the first call.

    Parameters
    ----------
    store : str or Sandbox, optional
        The store's name, the first part of ``<store>.myikas.com``. ``"sandbox"`` starts an
        embedded sandbox with two example webhooks; with ``IKAS_SANDBOX_SEED`` it has the same ids
        and sample events every time. A `Sandbox` connects to that one.
    access_token : str or Secret, optional
        An OAuth access token.
    client_id, client_secret : str, optional
        Those of the app. Tokens are fetched with them, and renewed when ikas refuses one.
    refresh_token : str or Secret, optional
        That of an installed app; needs client id and secret too.
    on_token : callable, optional
        Called with each new token, one at a time and in order: the dict that ikas answered. Store
        its ``refresh_token`` if you need it in the next process.
    api_version : {"v1", "v2"}, optional
        Default v1.
    base_url : str, optional
        Default ``https://api.myikas.com``. Certificates are checked against ``SSL_CERT_FILE`` if
        that is set, and ``HTTPS_PROXY`` is used for other machines than this one.
    timeout : float, default 30.0
        Seconds for one request: connecting, sending and the whole answer.
    transport : httpx.BaseTransport, optional
        Sends the requests in place of the network, for tests.
    on_budget : {"warn", "stop", "off"}, optional
        What happens where `Store.budget` is no longer ok for the errors of this connection:
        one warning, `BudgetError` in place of each call, or nothing. Default: ``"warn"`` for
        ikas, ``"off"`` for a store on this machine.

    Returns
    -------
    Store

    Raises
    ------
    CredentialsError
        Nothing to log in with was found; says what to set.
    InvalidArgumentError
        A store name, version, URL, time-out, or variable of the environment that is wrong.

    Examples
    --------
    >>> import ikas_explore as ikas
    >>> with ikas.connect("sandbox") as store:
    ...     store.webhooks.list()["scope"].tolist()
    ['store/customer/created', 'store/customer/updated']
    """
    # First of all: a traceback may print local variables.
    access_token, client_secret = hide(access_token), hide(client_secret)
    refresh_token = hide(refresh_token)
    address, base_url = hide(base_url), None
    given = {
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
        "base_url": address,
    }
    if transport is not None and not hasattr(transport, "handle_request"):
        raise InvalidArgumentError(f"transport is one of httpx, not {shown(transport)}.")
    if on_token is not None and not callable(on_token):
        raise InvalidArgumentError(f"on_token is a function of the answer, not {shown(on_token)}.")
    embedded = None
    name = store if store is not None or address is not None else read_variable("IKAS_STORE")
    with ExitStack() as opened:  # what was opened when something fails is closed
        if (
            isinstance(name, str)
            and name == SANDBOX
            and address is None
            and not (store is None and _points_at_a_sandbox())
        ):
            from ikas_explore.sandbox import Sandbox

            sandbox = Sandbox(seed=read_variable("IKAS_SANDBOX_SEED"))
            store = embedded = opened.enter_context(sandbox)
        if store is None or isinstance(store, str):
            named = {"store": store, "access_token": access_token, "api_version": api_version}
            settings = read_settings(environment=True, **named, **given)
        else:
            settings = _sandbox_settings(store, access_token, api_version, given)
        http = open_http(settings, timeout=timeout, transport=transport)
        opened.callback(http.close)
        client = Client(settings, http, on_token, keeps=embedded, on_budget=on_budget)
        weakref.finalize(client, http.close)  # for a store that nobody holds and nobody closed
        # What is done in an embedded sandbox ends with it: on disk it would be of no use.
        journal_path = None if embedded is not None else path_of_environment()
        journal = Journal(journal_path, base_url=settings.base_url)
        opened.pop_all()
    return Store(client, http=http, sandbox=embedded, journal=journal)


def _points_at_a_sandbox() -> bool:
    """Return whether the lines that ``ikas-explore sandbox`` prints were run here.

    They count more than IKAS_STORE=sandbox, which would start another one.
    """
    base_url = hide(os.environ.get("IKAS_BASE_URL", ""))
    told = bool(base_url and os.environ.get("IKAS_ACCESS_TOKEN"))
    return told and is_loopback(read_url(base_url).host)


def _sandbox_settings(
    sandbox: Sandbox,
    access_token: Secret | None,
    api_version: str | None,
    given: Mapping[str, str | Secret | None],
) -> Settings:
    if not hasattr(sandbox, "base_url"):
        raise InvalidArgumentError(
            f"store is a name or a Sandbox, not {type(sandbox).__name__}: {shown(sandbox)}."
        )
    foreign = [name for name, value in given.items() if value is not None]
    if foreign:
        raise InvalidArgumentError(
            f"A sandbox, which `store` or IKAS_STORE asks for, brings its own {foreign[0]}. Name "
            "your store: connect(NAME, ...); for one that add_store made, connect(store.name, "
            "client_id=..., client_secret=..., base_url=sandbox.base_url)."
        )
    settings = read_settings(
        environment=False,  # a real store's secrets have no business in a sandbox
        store=SANDBOX,
        access_token=access_token or sandbox.access_token,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        api_version=api_version or read_variable("IKAS_API_VERSION"),
        base_url=sandbox.base_url,
    )
    return settings._replace(ca_file=sandbox.ca_file)


class Store:
    """One store of ikas. Use `connect` to get one.

    Use it in a ``with``, or call `close`: that closes the connections and the embedded sandbox.
    """

    def __init__(
        self,
        client: Client,
        *,
        http: httpx.Client | None = None,
        sandbox: Sandbox | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._client = client
        self._http = http
        self._sandbox = sandbox
        self._webhooks = Webhooks(client, journal or Journal(base_url=client.settings.base_url))

    @property
    def name(self) -> str:
        """The store's name, as in the column ``store`` of its frames."""
        return self._client.settings.name

    @property
    def api_version(self) -> str:
        """The version of ikas' API: ``"v1"`` or ``"v2"``."""
        return self._client.settings.api_version

    @property
    def base_url(self) -> str:
        """The address of the API: scheme and host."""
        return self._client.settings.base_url

    @property
    def client(self) -> Client:
        """Sends GraphQL of your own: ``store.client.execute(document, what="...")``."""
        return self._client

    @property
    def webhooks(self) -> Webhooks:
        """The webhooks of this store: list, save, delete, plan, undo, audit, forms."""
        return self._webhooks

    @property
    def sandbox(self) -> Sandbox | None:
        """The embedded sandbox, when ``connect("sandbox")`` started one."""
        return self._sandbox

    def query(self, field: str | Field) -> Query:
        """Start a query for a list of ikas' schema.

        Parameters
        ----------
        field : str or sgqlc.types.Field
            ``"listWebhook"`` or ``"list_webhook"``, a field of `schema`, or one of types that
            ``ikas-explore schema --from`` generated. A name that the shipped types do not have,
            such as ``"listOrder"``, is looked up in the store's own schema.

        Raises
        ------
        UnknownFieldError
            There is no such list; suggests similar names.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     store.query("listWebhook").select("scope").limit(1).to_records()
        [{'scope': 'store/customer/created'}]
        """
        from ikas_explore.client.query import begin

        return begin(self._client, field)

    def schema(self, *, refresh: bool = False) -> ModuleType:
        """Return the types of this store's whole schema, as ikas answers it now.

        The schema is fetched once and kept on disk for a week.

        Parameters
        ----------
        refresh : bool, default False
            Fetch it again.

        Returns
        -------
        module
            Of sgqlc types: ``store.schema().Query.list_order`` is a field for `query`.

        Raises
        ------
        IkasError
            ikas could not be reached, or its schema cannot be used.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     store.query(store.schema().Query.list_order).limit(3).to_frame().shape[0]
        0
        """
        from ikas_explore.client.own_schema import own_types

        check_flag("refresh", refresh)
        return own_types(self._client, refresh=refresh)

    def capabilities(self) -> DataFrame:
        """Return what this store's API offers.

        Returns
        -------
        pandas.DataFrame
            A row an operation, in ikas' spelling: ``operation, kind`` (``query`` or
            ``mutation``), ``v1, v2`` (boolean; missing where that version cannot be reached),
            ``arguments`` (text), ``paged`` (bool).

        Raises
        ------
        IkasError
            ikas could not be reached, or its schema cannot be used.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     offered = store.capabilities()
        ...     offered[offered["paged"]]["operation"].tolist()
        ['listCustomer', 'listOrder', 'listProduct', 'listProductStockLocation']
        """
        from ikas_explore.client.own_schema import capabilities

        return capabilities(self._client)

    def budget(self) -> DataFrame:
        """Return how much is left before ikas refuses calls or blocks the app.

        ikas counts all calls of the app in this store. Here are those of this connection alone: not
        those of other processes, other connections, or an earlier run. What is an error to ikas is
        not documented: counted is every answer with one.

        Returns
        -------
        pandas.DataFrame
            A row a limit that ikas publishes: ``limit``, ``window`` (seconds), ``requests`` and
            ``errors`` in that window, ``share`` (of the errors, from 0 to 1), ``left`` (how many
            more may fail, one after the other), and ``state``: ``ok``, ``near`` (from 80 % of a
            limit on, or when nothing is left), ``blocked until ...`` or ``permanent``.
            ``attrs["not_visible"]`` says what was not counted.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     frame = store.webhooks.list()
        ...     store.budget()[["limit", "requests", "left", "state"]].head(2).to_dict("records")
        ... # doctest: +NORMALIZE_WHITESPACE
        [{'limit': 'calls', 'requests': 1, 'left': 49, 'state': 'ok'},
         {'limit': 'call errors over 25 %', 'requests': 1, 'left': 18, 'state': 'ok'}]
        """
        from ikas_explore.client.throttle import NOT_VISIBLE
        from ikas_explore.frames.frames import budget_frame

        return budget_frame(self._client.budget.rows(), NOT_VISIBLE)

    def close(self) -> None:
        """Close the connections, and the embedded sandbox; calling it again does nothing."""
        if self._http is not None:
            self._http.close()
        if self._sandbox is not None:
            self._sandbox.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.name!r}, {self.api_version}, {self.base_url})"

    def _repr_html_(self) -> str:
        return (
            f"<b>{escape(self.name)}</b> &nbsp; ikas Admin API {self.api_version} at "
            f"<code>{escape(self.base_url)}</code>"
        )
