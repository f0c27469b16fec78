"""`connect`, `Store` and `Webhooks`: the room where the parts meet."""

from __future__ import annotations

import html
import os
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ikas_explore.addresses import is_loopback, split_url
from ikas_explore.client.client import Client, open_http
from ikas_explore.client.fields import find_query
from ikas_explore.client.registrations import Registrations, texts
from ikas_explore.client.webhooks import schema_of
from ikas_explore.errors import InvalidArgumentError
from ikas_explore.manage.journal import Journal
from ikas_explore.schema.scopes import check_scopes
from ikas_explore.settings import SANDBOX, Settings, read_settings, read_variable

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    import pandas as pd
    from sgqlc.types import Field

    from ikas_explore.auditing.policy import Policy
    from ikas_explore.auditing.report import Audit
    from ikas_explore.client.query import Query
    from ikas_explore.forms.delete import DeleteForm
    from ikas_explore.forms.manager import Manager
    from ikas_explore.forms.save import SaveForm
    from ikas_explore.manage.desired import Desired
    from ikas_explore.manage.plan import Plan
    from ikas_explore.sandbox import Sandbox


def connect(
    store: str | Sandbox | None = None,
    *,
    access_token: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    refresh_token: str | None = None,
    on_token: Callable[[dict[str, Any]], object] | None = None,
    api_version: str | None = None,
    base_url: str | None = None,
    timeout: float = 30.0,
    transport: httpx.BaseTransport | None = None,
) -> Store:
    """Connect to a store of ikas, or to a sandbox on this machine.

    What is not given is looked up in the environment and then in a ``.env`` file:
    ``IKAS_STORE``, ``IKAS_ACCESS_TOKEN``, ``IKAS_REFRESH_TOKEN``, ``IKAS_CLIENT_ID``,
    ``IKAS_CLIENT_SECRET``, ``IKAS_API_VERSION``, ``IKAS_BASE_URL``. With
    ``IKAS_DOTENV=off`` the file is not read. Nothing is sent before the first call. Writes are
    journaled for `Webhooks.undo`: in memory, or in the file that ``IKAS_JOURNAL`` names.

    Parameters
    ----------
    store : str or Sandbox, optional
        The store's name, which stands in the frames; ``"sandbox"`` starts an embedded sandbox
        with the seed's two example webhooks, a `Sandbox` connects to that one. With
        ``IKAS_SANDBOX_SEED`` the embedded one has the same ids and sample events every time.
    access_token : str, optional
        An OAuth access token.
    client_id, client_secret : str, optional
        Of the app: tokens are fetched, and renewed when ikas refuses one.
    refresh_token : str, optional
        Of an installed app; needs client id and secret beside it.
    on_token : callable, optional
        Told of every new token as the dict ikas answered, to keep the refresh token.
    api_version : {"v1", "v2"}, optional
        Default v1.
    base_url : str, optional
        Default ``https://api.myikas.com``.
    timeout : float, default 30.0
        Seconds for one call: connecting, sending and the whole answer.
    transport : httpx.BaseTransport, optional
        In place of the network.

    Returns
    -------
    Store

    Raises
    ------
    CredentialsError
        Nothing to log in with was found; says what to set.
    InvalidArgumentError
        A store name, version, URL or time-out that cannot be right.

    Examples
    --------
    >>> import ikas_explore as ikas
    >>> with ikas.connect("sandbox") as store:
    ...     store.webhooks.list()["scope"].tolist()
    ['store/customer/created', 'store/customer/updated']
    """
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise InvalidArgumentError(f"timeout is a number of seconds above 0, not {timeout!r}.")
    embedded = None
    name = store if store is not None or base_url is not None else read_variable("IKAS_STORE")
    if name == SANDBOX and base_url is None and not (store is None and _points_at_a_sandbox()):
        from ikas_explore.sandbox import Sandbox

        store = embedded = Sandbox(seed=read_variable("IKAS_SANDBOX_SEED"))
    if store is None or isinstance(store, str):
        settings = read_settings(
            store=store,
            access_token=access_token,
            client_id=client_id,
            client_secret=client_secret,
            refresh_token=refresh_token,
            api_version=api_version,
            base_url=base_url,
        )
    else:
        settings = _sandbox_settings(store, access_token, api_version)
    http = open_http(settings, timeout=timeout, transport=transport)
    client = Client(settings, http, on_token, keeps=embedded)
    weakref.finalize(client, http.close)  # for a store that nobody holds and nobody closed
    # What is done in an embedded sandbox ends with it: on disk it would be of no use.
    journal_path = None if embedded is not None else read_variable("IKAS_JOURNAL")
    journal = Journal(journal_path, base_url=settings.base_url)
    return Store(client, http=http, sandbox=embedded, journal=journal)


def _points_at_a_sandbox() -> bool:
    """Tell whether the two lines that ``ikas-explore sandbox`` prints were run here.

    They win over IKAS_STORE=sandbox, which would start another one.
    """
    base_url = os.environ.get("IKAS_BASE_URL", "")
    told = base_url and os.environ.get("IKAS_ACCESS_TOKEN")
    return bool(told) and is_loopback(split_url(base_url).hostname or "")


def _sandbox_settings(
    sandbox: Sandbox, access_token: str | None, api_version: str | None
) -> Settings:
    if not hasattr(sandbox, "base_url"):
        raise InvalidArgumentError(
            f"store is a name or a Sandbox, not {type(sandbox).__name__}: {sandbox!r}."
        )
    return read_settings(
        environment=False,  # a real store's secrets have no business in a sandbox
        store=SANDBOX,
        access_token=access_token or sandbox.access_token,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        api_version=api_version or read_variable("IKAS_API_VERSION"),
        base_url=sandbox.base_url,
    )


class Store:
    """One store of ikas; made by `connect`.

    Closing it, or leaving its ``with``, closes the connections and the embedded sandbox.
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
        """The store's name, as it stands in the frames."""
        return self._client.settings.name

    @property
    def api_version(self) -> str:
        """The version of the API that is asked: ``"v1"`` or ``"v2"``."""
        return self._client.settings.api_version

    @property
    def base_url(self) -> str:
        """Where ikas is: scheme and host."""
        return self._client.settings.base_url

    @property
    def client(self) -> Client:
        """What sends for this store: for fleets, and for types and calls of your own."""
        return self._client

    @property
    def webhooks(self) -> Webhooks:
        """The webhooks of this store."""
        return self._webhooks

    @property
    def sandbox(self) -> Sandbox | None:
        """The embedded sandbox, when ``connect("sandbox")`` started one."""
        return self._sandbox

    def query(self, field: str | Field) -> Query:
        """Begin a query.

        Parameters
        ----------
        field : str or sgqlc.types.Field
            ``"listWebhook"``, ``"list_webhook"``, or a field of types generated by
            ``python -m ikas_explore.schema.regenerate --from``: ``mine.Query.list_order``.

        Returns
        -------
        Query

        Raises
        ------
        UnknownFieldError
            Naming the near ones.
        """
        from ikas_explore.client.query import Query

        return Query(self._client, find_query(schema_of(self._client.settings.api_version), field))

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
            f"<b>{html.escape(self.name)}</b> &nbsp; ikas Admin API {self.api_version} at "
            f"<code>{html.escape(self.base_url)}</code>"
        )


class Webhooks:
    """The webhooks of a store: ``store.webhooks``."""

    def __init__(self, client: Client, journal: Journal) -> None:
        self._client = client
        self._registrations = Registrations(client)
        self._journal = journal

    @property
    def name(self) -> str:
        """The store's name."""
        return self._registrations.name

    @property
    def journal(self) -> Journal:
        """What stood there before each write; `undo` takes from it."""
        return self._journal

    def list(self) -> pd.DataFrame:
        """List the registered webhooks.

        Returns
        -------
        pandas.DataFrame
            The webhook frame: ``store, scope, endpoint, id`` (strings), ``created_at,
            updated_at`` (``datetime64[ms, UTC]``), ``deleted`` (bool); sorted by scope; the same
            columns and dtypes when there are none.

        Raises
        ------
        IkasError
        """
        return self._registrations.list()

    def query(self) -> Query:
        """Begin a query for webhooks: choose fields, conditions and order."""
        from ikas_explore.client.query import Query

        schema = schema_of(self._client.settings.api_version)
        return Query(self._client, find_query(schema, "list_webhook"))

    def save(
        self,
        endpoint: str,
        scopes: str | Iterable[str],
        *,
        sales_channel_ids: str | Iterable[str] | None = None,
        replace: bool = True,
    ) -> pd.DataFrame:
        """Register an endpoint for one or more scopes.

        A scope has one endpoint: saving it again takes it from the one that held it. What
        stood there is listed and journaled first, so that `undo` can bring it back.

        Parameters
        ----------
        endpoint : str
            An https:// URL; http:// is fine when the store itself is on this machine.
        scopes : str or iterable of str
            One scope or several; see `Scope`.
        sales_channel_ids : str or iterable of str, optional
            Limit the webhooks to sales channels. ikas does not tell them back.
        replace : bool, default True
            False raises when another endpoint holds one of the scopes.

        Returns
        -------
        pandas.DataFrame
            The rows saved, as a webhook frame in the order asked.

        Raises
        ------
        InvalidScopeError, InvalidArgumentError
            Before anything is sent where it can be seen here.
        ScopeTakenError
            With ``replace=False``: names the scopes and who holds them.
        IkasError
        """
        asked = self._registrations.check(endpoint, scopes)
        channels = texts(sales_channel_ids, "sales_channel_ids")
        with self._journal.write(
            self._registrations, asked, endpoint=endpoint, sales_channels=channels is not None
        ):
            return self._registrations.save(
                endpoint, asked, sales_channel_ids=channels, replace=replace
            )

    def delete(self, scopes: str | Iterable[str]) -> bool:
        """Remove the webhooks of one or more scopes, whatever endpoint holds them.

        What stood there is listed and journaled first, so that `undo` can bring it back.

        Parameters
        ----------
        scopes : str or iterable of str

        Returns
        -------
        bool
            What ikas answers: true for registered scopes (live).

        Raises
        ------
        InvalidScopeError, InvalidArgumentError
            Before anything is sent.
        IkasError
        """
        asked = check_scopes(scopes)
        with self._journal.write(self._registrations, asked):
            return self._registrations.delete(asked)

    def plan(self, desired: Desired, *, prune: bool = False) -> Plan:
        """Compare what is registered with what should be; nothing is written yet.

        Parameters
        ----------
        desired : pandas.DataFrame, path of a TOML file, or mapping of endpoint to scopes
            See `ikas_explore.manage.desired` for the file. ``{}`` desires nothing.
        prune : bool, default False
            Also delete what is registered and not desired.

        Returns
        -------
        Plan
            To look at, and to `apply`.

        Raises
        ------
        PlanError
            The desired state cannot be read or contradicts itself.
        InvalidScopeError, InvalidArgumentError
            It names what ikas refuses.
        IkasError
        """
        from ikas_explore.manage.planning import make_plan

        return make_plan(
            desired,
            {self.name: self._registrations},
            prune=prune,
            allow_http=self._client.settings.local,
            journal=self._journal,
        )

    def undo(self) -> Plan | None:
        """Take the last write off the journal and plan what brings back what stood there.

        Returns
        -------
        Plan or None
            Nothing happens before it is applied, and applying it journals nothing. None when
            no write is left. Its notes say what cannot be restored.

        Raises
        ------
        StorageError
            The journal cannot be read or written.
        IkasError
        """
        from ikas_explore.manage.planning import undo

        return undo(self._journal, {self.name: self._registrations})

    def audit(
        self, policy: Policy | str | Path | dict[str, Any] | None = None, *, probe: bool = False
    ) -> Audit:
        """Say what is wrong with the registered webhooks, and what to do about it.

        Parameters
        ----------
        policy : Policy, path of a TOML file, or mapping, optional
            What is required, allowed and ignored; see `ikas_explore.auditing.policy`.
        probe : bool, default False
            Look at each endpoint from this machine too; no event is posted.

        Returns
        -------
        Audit

        Raises
        ------
        InvalidArgumentError, InvalidScopeError
            The policy cannot be right.
        IkasError
        """
        from ikas_explore.auditing.audit import audit

        local = [self.name] if self._client.settings.local else []
        return audit(self.list(), policy, probe=probe, stores=[self.name], sandboxes=local)

    def save_form(self, *, language: str | None = None) -> SaveForm:
        """Make a form that registers an endpoint, for a notebook's cell.

        Parameters
        ----------
        language : {"en", "tr"}, optional
            Default: that of the locale.

        Returns
        -------
        SaveForm
            Displayed at the end of a cell; ``fill`` and ``click`` do what a person does.
        """
        from ikas_explore.forms.save import SaveForm

        return SaveForm(
            self._registrations,
            journal=self._journal,
            allow_http=self._client.settings.local,
            language=language,
            input_type=schema_of(self._client.settings.api_version).WebhookInput,
        )

    def delete_form(self, *, language: str | None = None) -> DeleteForm:
        """Make a form that removes webhooks, for a notebook's cell.

        Parameters
        ----------
        language : {"en", "tr"}, optional
            Default: that of the locale.

        Returns
        -------
        DeleteForm
        """
        from ikas_explore.forms.delete import DeleteForm

        return DeleteForm(self._registrations, journal=self._journal, language=language)

    def manager(self, *, language: str | None = None) -> Manager:
        """Make the manager, for a notebook's cell: all scopes, with save, delete and undo.

        Parameters
        ----------
        language : {"en", "tr"}, optional
            Default: that of the locale.

        Returns
        -------
        Manager
        """
        from ikas_explore.forms.manager import Manager

        return Manager(
            self._registrations,
            journal=self._journal,
            allow_http=self._client.settings.local,
            language=language,
            input_type=schema_of(self._client.settings.api_version).WebhookInput,
        )

    def __repr__(self) -> str:
        verbs = (
            "list(), query(), save(), delete(), plan(), undo(), audit(), save_form(), "
            "delete_form(), manager()"
        )
        return f"<Webhooks of {self.name!r}: {verbs}>"
