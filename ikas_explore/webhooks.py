"""`Webhooks`: what can be done with the webhooks of one store."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from ikas_explore.client.client import Client
from ikas_explore.client.operations import Registrations, schema_of
from ikas_explore.errors import InvalidArgumentError, ScopeTakenError
from ikas_explore.manage.changes import list_store, one_each
from ikas_explore.manage.journal import Journal, Journals
from ikas_explore.schema.scopes import find_registered, read_scopes
from ikas_explore.text.html_table import Html, escape, html_table
from ikas_explore.text.printable import shown
from ikas_explore.values.names import check_flag
from ikas_explore.values.secret import OneOrMore, Secret, hide, hide_all
from ikas_explore.values.urls import same_endpoint

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from ikas_explore.auditing.policy import Policy
    from ikas_explore.auditing.report import Audit
    from ikas_explore.client.query import Query
    from ikas_explore.deliveries.listening import Listening
    from ikas_explore.forms.manager import DeleteForm, Manager, SaveForm
    from ikas_explore.manage.desired import DesiredLike
    from ikas_explore.manage.plan import Plan
    from ikas_explore.monitoring.arrived import Received
    from ikas_explore.monitoring.missed import Look, Missed
    from ikas_explore.values.times import Time


#: What a notebook shows.
_CALLS = (
    ("list()", "returns what is registered, as a DataFrame"),
    ("query()", "filters, sorts and selects"),
    ("save(endpoint, scopes)", "registers an endpoint for scopes"),
    ("delete(scopes)", "removes scopes"),
    ("plan(desired)", "shows what would change; its apply() carries it out"),
    ("undo()", "shows how to take the last write back; its apply() carries it out"),
    ("listen(scopes)", "brings deliveries to this machine for a while"),
    ("audit(policy)", "finds what is wrong, and says what to do"),
    ("missed(received, since=...)", "finds what changed and never arrived, to send it again"),
    ("health(received)", "says how the deliveries of each scope are"),
    ("save_form(), delete_form(), manager()", "the same with the mouse"),
)


class Webhooks:
    """The webhooks of one store: ``store.webhooks``.

    Listing and planning only read. `save`, `delete` and `Plan.apply` write to the store; what was
    registered before is recorded, and `undo` brings it back. What asks the store raises an
    `IkasError`, as `list` does, when ikas cannot be reached or refuses.
    """

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
        """The record of what was registered before each write, which `undo` reads."""
        return self._journal

    def list(self) -> pd.DataFrame:
        """List the registered webhooks.

        Returns
        -------
        pandas.DataFrame
            The webhook frame, one row a webhook, sorted by scope: ``store, scope, endpoint, id``
            (strings), ``created_at, updated_at`` (``datetime64[ms, UTC]``), ``deleted`` (bool).
            The columns and dtypes are the same when there are no rows.

        Raises
        ------
        IkasError
            ikas could not be reached or refused; see `ikas_explore.errors`.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     store.webhooks.list()["scope"].tolist()
        ['store/customer/created', 'store/customer/updated']
        """
        return self._registrations.list()

    def query(self) -> Query:
        """Start a query for webhooks, to choose fields, conditions and order.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     store.webhooks.query().select("id").where(scope="*/created").to_records()
        [{'id': '331f40ad-58a5-4b25-b060-15e6ce57fc9f'}]
        """
        from ikas_explore.client.query import begin

        return begin(self._client, "list_webhook")

    def save(
        self,
        endpoint: str,
        scopes: str | Iterable[str],
        *,
        sales_channel_ids: str | Iterable[str] | None = None,
        replace: bool = True,
        allow_unknown: bool = False,
    ) -> pd.DataFrame:
        """Register an endpoint for one or more scopes.

        A scope has one endpoint: saving it again takes it from the endpoint that held it. What
        was registered before is recorded, so that `undo` can bring it back.

        Parameters
        ----------
        endpoint : str
            An ``https://`` URL that can be reached from the internet. ``http://`` and addresses
            of this machine are accepted when the store itself is on this machine.
        scopes : str or iterable of str
            Scopes such as ``"store/order/created"``, or patterns such as ``"store/order/*"``:
            these stand for the registrable scopes that match. See `Scope`.
        sales_channel_ids : str or iterable of str, optional
            Limit the webhooks to sales channels. ikas does not return these later.
        replace : bool, default True
            False raises `ScopeTakenError` when another endpoint holds one of the scopes.
        allow_unknown : bool, default False
            True also sends scopes that this package does not know as registrable.

        Returns
        -------
        pandas.DataFrame
            The rows saved, in the order asked, with the columns of `list`.

        Raises
        ------
        InvalidScopeError, InvalidArgumentError
            A scope or endpoint that ikas would refuse. Nothing was sent. A subclass that is also
            a `GraphQLError` is what ikas itself refused.
        ScopeTakenError
            With ``replace=False``: names the scopes and the endpoints that hold them.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     store.webhooks.save("https://example.com/ikas", "store/order/*")["scope"].tolist()
        ['store/order/created', 'store/order/updated']
        """
        check_flag("replace", replace)
        check_flag("allow_unknown", allow_unknown)
        asked, channels = self._registrations.check(
            endpoint, scopes, sales_channel_ids, allow_unknown=allow_unknown, patterns=True
        )
        with self._journal.write(
            self._registrations,
            asked,
            endpoint=endpoint,
            before=list_store(self._registrations, dict.fromkeys(asked, endpoint)),
            sales_channels=channels is not None,
        ) as entry:
            if not replace:
                _refuse_taken(
                    self.name, entry.before, endpoint, "saved; replace=True takes them over"
                )
            return self._registrations.send(endpoint, asked, channels)

    def delete(self, scopes: str | Iterable[str], *, endpoint: str | None = None) -> bool:
        """Remove the webhooks of one or more scopes.

        What was registered before is recorded, so that `undo` can bring it back.

        Parameters
        ----------
        scopes : str or iterable of str
            As for `save`, but patterns stand for the registered scopes that match. What is
            registered can be removed even when this package does not know the scope.
        endpoint : str, optional
            Remove them only if this endpoint holds them. By default whatever holds them goes.

        Returns
        -------
        bool
            What ikas answered: True for scopes that were registered. False also when `endpoint`
            is given and none of the scopes is registered any more; nothing is sent then.

        Raises
        ------
        InvalidScopeError, InvalidArgumentError
            A scope that neither exists nor is registered, or a pattern that no registered scope
            matches. Nothing was removed.
        ScopeTakenError
            Another endpoint than the given one holds one of the scopes; names both. Nothing was
            removed.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     store.webhooks.delete("store/customer/*")
        ...     len(store.webhooks.list())
        True
        0
        """
        asked = read_scopes(scopes)
        if endpoint is not None and not isinstance(endpoint, str):
            raise InvalidArgumentError(f"endpoint is text, not {shown(endpoint)}.")
        rows = [(self.name, *row) for row in self._registrations.rows()]
        # Of two rows for one scope, that of another endpoint counts.
        wanted = {self.name: {scope: endpoint for _, scope, _ in rows}}
        before = one_each(rows, wanted).get(self.name, {})
        asked = find_registered(asked, before)
        if endpoint is not None:
            asked = [scope for scope in asked if scope in before]
            _refuse_taken(self.name, {scope: before[scope] for scope in asked}, endpoint, "removed")
            if not asked:
                return False
        with self._journal.write(self._registrations, asked, before=before):
            return self._registrations.delete(asked)

    def plan(self, desired: DesiredLike, *, prune: bool = False) -> Plan:
        """Compare what is registered with what should be; nothing is written yet.

        Parameters
        ----------
        desired : pandas.DataFrame, str, Path or mapping
            A webhook frame, the path of a TOML file or of a snapshot, or a mapping from endpoints
            to scopes or patterns. ``{}`` desires nothing. See `ikas_explore.manage.desired`.
        prune : bool, default False
            Also delete what is registered and not desired.

        Returns
        -------
        Plan
            Look at it, then call `Plan.apply`.

        Raises
        ------
        PlanError
            The desired state cannot be read, or contradicts itself.
        InvalidScopeError, InvalidArgumentError
            A scope or endpoint that ikas would refuse, or `prune` is not a bool.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     plan = store.webhooks.plan({"https://example.com/ikas": ["store/order/*"]})
        ...     plan.changes["action"].tolist()
        ['create', 'create']
        """
        from ikas_explore.manage.desired import read_desired
        from ikas_explore.manage.plan import make_plan

        return make_plan(
            read_desired(desired),
            {self.name: self._registrations},
            prune=prune,
            local=self._client.settings.local,
            journals=Journals({self.name: self._journal}),
        )

    def undo(self, **gone: object) -> Plan | None:
        """Plan what takes back the last write; nothing changes until that plan is applied.

        The last write is a save, a delete, or all that one `Plan.apply` wrote, here or through a
        form or fleet. It leaves the journal when the plan is applied; until then `undo` returns
        the same plan.

        Returns
        -------
        Plan or None
            ``undo().apply()`` carries it out, once, and is not itself recorded. None when no
            write is left. Its notes say what cannot be restored.

        Raises
        ------
        StorageError
            The journal cannot be read.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     _ = store.webhooks.save("https://example.com/ikas", "store/order/created")
        ...     print(store.webhooks.undo())
        ...     store.webhooks.undo().apply()["outcome"].tolist()
        sandbox
          - store/order/created  https://example.com/ikas
        1 to delete
        ['deleted']
        """
        from ikas_explore.manage.undo import make_undo, refuse_arguments

        refuse_arguments(gone)
        return make_undo(Journals({self.name: self._journal}), {self.name: self._registrations})

    def listen(
        self,
        scopes: str | Iterable[str],
        *,
        url: str,
        port: int = 0,
        forward_to: str | None = None,
        client_secret: OneOrMore = None,
        take: bool = False,
        path: str | PathLike[str] | None = None,
    ) -> Listening:
        """Borrow scopes for a while: their deliveries come to this machine.

        It is open as soon as it is made. At its end (``with``, ``close``, Ctrl-C) each scope goes
        back to the endpoint that had it before. After a crash the next `listen` on the same store
        does that, or ``ikas-explore listen --restore``. These writes are not in the journal.
        Sales channels cannot be read from ikas, so those of before are not restored.

        Parameters
        ----------
        scopes : str or iterable of str
            Scopes, or patterns such as ``"store/order/*"``.
        url : str
            The public address of your tunnel, registered for the scopes.
        port : int, default 0
            The port on this machine that your tunnel leads to; 0 takes a free one.
        forward_to : str, optional
            The address of your app, which gets each verified delivery; see `Receiver`.
        client_secret : str or Secret, or a sequence of these, optional
            What deliveries are verified with. Default: that of the connection.
        take : bool, default False
            Also borrow scopes that another endpoint holds.
        path : str or path-like, optional
            A file that keeps what arrives; see `Receiver`.

        Raises
        ------
        ScopeTakenError
            A scope is in use; names the holders. Nothing was saved.
        InvalidScopeError, InvalidArgumentError
            A scope or address that ikas would refuse, or no client secret is known.
        IkasError
            ikas could not be reached or refused, or a port or file cannot be used.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.Sandbox(examples=False) as sandbox, ikas.connect(sandbox) as store:
        ...     with store.webhooks.listen("store/order/*", url="https://a.example") as session:
        ...         here, secret = session.receiver.endpoint, sandbox.client_secret
        ...         attempts = ikas.push(here, "store/order/created", secret)
        ...         session.deliveries()["signature_ok"].tolist()
        ...     len(store.webhooks.list())
        [True]
        0
        """
        # First of all: a traceback may print local variables.
        client_secret, app, forward_to = hide_all(client_secret), hide(forward_to), None
        return self._listen(
            scopes,
            url=url,
            port=port,
            forward_to=app,
            client_secret=client_secret,
            take=take,
            path=path,
        )

    def _listen(
        self,
        scopes: str | Iterable[str],
        *,
        url: str,
        client_secret: Sequence[Secret],
        take: bool,
        **receiving: Any,
    ) -> Listening:
        from ikas_explore.deliveries.listening import Listening

        check_flag("take", take)
        asked, _ = self._registrations.check(url, scopes, None, patterns=True)
        secrets = client_secret or hide_all(self._client.settings.client_secret)
        if not secrets:
            raise InvalidArgumentError(
                "No client secret is known, so nothing could be verified; give client_secret, or "
                "set IKAS_CLIENT_SECRET."
            )
        return Listening(
            self._registrations,
            asked,
            base_url=self._client.settings.base_url,
            url=url,
            client_secret=secrets,
            take=take,
            **receiving,
        )

    def _give_back(self) -> pd.DataFrame:
        from ikas_explore.deliveries.leases import sweep
        from ikas_explore.deliveries.listening import outcomes_frame

        return outcomes_frame(sweep(self._client.settings.base_url, self._registrations))

    def audit(
        self,
        policy: Policy | str | Path | dict[str, Any] | None = None,
        *,
        probe: bool = False,
        received: Received | None = None,
    ) -> Audit:
        """Report what is wrong with the registered webhooks, and what to do about it.

        Parameters
        ----------
        policy : Policy, str, Path or mapping, optional
            What is required, allowed and ignored, or the path of a TOML file that says so; see
            `ikas_explore.auditing.policy`.
        probe : bool, default False
            Also connect to each endpoint from this machine. No event is sent.
        received : Receiver, path of its log, or pandas.DataFrame, optional
            Also judge the deliveries of the last week, as `health` does.

        Returns
        -------
        Audit
            Its ``findings`` are a DataFrame; ``ok`` is False when one of them is an error.

        Raises
        ------
        InvalidArgumentError, InvalidScopeError
            The policy is wrong.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.connect("sandbox") as store:
        ...     store.webhooks.audit({"required": ["store/order/created"]}).ok
        False
        """
        from ikas_explore.auditing.audit import examine
        from ikas_explore.auditing.policy import read_policy
        from ikas_explore.deliveries.leases import leases_of
        from ikas_explore.monitoring.health import find_health

        policy, settings = read_policy(policy), self._client.settings
        check_flag("probe", probe)
        listed = cache(self.list)  # not before `received` was read, and once
        health = None
        if received is not None:
            health = find_health(received, lambda look: self._ask(look, listed()))
        return examine(
            listed(),
            policy,
            probe=probe,
            health=health,
            leases=leases_of(settings.base_url, self.name),
            stores=[self.name],
            sandboxes=[self.name] if settings.local else [],
        )

    def missed(
        self,
        received: Received,
        *,
        since: Time,
        until: Time | None = None,
        grace: float = 300.0,
    ) -> Missed:
        """Return what changed in the store and never arrived.

        Orders, customers, products and stock of the scopes that are registered now are compared
        with what was received and verified. A delivery covers an object if its data is at least
        as new.

        Parameters
        ----------
        received : Receiver, path of its log, or pandas.DataFrame
            A frame of your own needs ``scope, object_id, received_at`` and may have
            ``object_updated_at``; rows whose ``signature_ok`` is False do not count.
        since : datetime, date or ISO text
            With a time zone; a date is that day in UTC.
        until : datetime, date or ISO text, optional
            Default: now, less `grace`.
        grace : float, default 300.0
            Seconds that deliveries under way are given.

        Returns
        -------
        Missed
            Its ``frame`` has a row an object, ``redeliver()`` sends them.

        Raises
        ------
        InvalidArgumentError
            A time or the frame cannot be right.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.Sandbox(seed=1) as sandbox, ikas.Receiver(sandbox.client_secret) as receiver:
        ...     with ikas.connect(sandbox) as store:
        ...         _ = store.webhooks.save(receiver.endpoint, "store/order/created")
        ...         lost = sandbox.change("order", emit=False)  # ikas did not send it
        ...         gap = store.webhooks.missed(receiver, since="2020-01-01", grace=0)
        ...         gap.frame["id"].tolist() == [lost]
        True
        """
        from ikas_explore.monitoring.missed import find_missed

        return find_missed(received, self._ask, since=since, until=until, grace=grace)

    def health(
        self,
        received: Received | None = None,
        *,
        since: Time | None = None,
        until: Time | None = None,
        grace: float = 300.0,
    ) -> pd.DataFrame:
        """Return how the deliveries of each scope are.

        Parameters
        ----------
        received : Receiver, path of its log, or pandas.DataFrame, optional
            As for `missed`. Without it the states are missing.
        since : datetime, date or ISO text, optional
            Default: a week ago.
        until, grace
            As for `missed`.

        Returns
        -------
        pandas.DataFrame
            A row a registered scope, and one for each other scope that has deliveries: ``store,
            scope, endpoint, state, since, last_received_at, last_changed_at, missed, evidence``.
            ``state`` is ``healthy``, ``quiet`` (silent for longer than it usually is),
            ``stopped`` (something changed since and did not arrive), ``never`` or ``not
            registered``. ``attrs["summary"]`` is one line for a dashboard.

        Raises
        ------
        InvalidArgumentError, IkasError
            As for `missed`.

        Examples
        --------
        >>> import ikas_explore as ikas
        >>> with ikas.Sandbox() as sandbox, ikas.Receiver(sandbox.client_secret) as receiver:
        ...     with ikas.connect(sandbox) as store:
        ...         store.webhooks.health(receiver)["state"].tolist()
        ['never', 'never']
        """
        from ikas_explore.monitoring.health import find_health

        return find_health(received, self._ask, since=since, until=until, grace=grace)

    def _ask(self, look: Look, frame: pd.DataFrame | None = None) -> Sequence[Any]:
        from ikas_explore.client.query import Lists

        return [look(self.name, Lists(self._client), self.list() if frame is None else frame)]

    def save_form(self, *, language: str | None = None) -> SaveForm:
        """Return a form for a notebook cell that registers an endpoint.

        Parameters
        ----------
        language : {"en", "tr"}, optional
            Default: the language of the locale.

        Returns
        -------
        SaveForm
            Shown as the last line of a cell. ``fill`` and ``click`` do what a person does.
        """
        from ikas_explore.forms.manager import SaveForm

        return SaveForm(self._registrations, **self._form_settings(language))

    def delete_form(self, *, language: str | None = None) -> DeleteForm:
        """Return a form for a notebook cell that removes webhooks; as for `save_form`."""
        from ikas_explore.forms.manager import DeleteForm

        return DeleteForm(self._registrations, journal=self._journal, language=language)

    def manager(self, *, language: str | None = None) -> Manager:
        """Return the manager for a notebook cell: all scopes, with save, delete and undo.

        It shows what a click will change first; otherwise as for `save_form`.
        """
        from ikas_explore.forms.manager import Manager

        secret = self._client.settings.client_secret
        settings = self._form_settings(language)
        return Manager(self._registrations, client_secret=secret, **settings)

    def _form_settings(self, language: str | None) -> dict[str, Any]:
        settings = self._client.settings
        return {
            "journal": self._journal,
            "allow_http": settings.local,
            "language": language,
            "input_type": schema_of(settings.api_version).WebhookInput,
        }

    def __repr__(self) -> str:
        verbs = re.sub(r"\(\w[^)]*\)", "()", ", ".join(call for call, _ in _CALLS))
        return f"<Webhooks of {self.name!r}: {verbs}>"

    def _repr_html_(self) -> str:
        rows = [(Html(f"<code>{call}</code>"), what) for call, what in _CALLS]
        table = html_table(["webhooks", "what it does"], rows, left=True)
        return f"<p>Webhooks of <b>{escape(self.name)}</b></p>{table}"


def _refuse_taken(store: str, before: Mapping[str, str | None], endpoint: str, undone: str) -> None:
    taken = {
        scope: held
        for scope, held in before.items()
        if held is not None and not same_endpoint(held, endpoint)
    }
    if taken:
        held = ", ".join(f"{scope} by {held}" for scope, held in taken.items())
        raise ScopeTakenError(f"{store}: held by another endpoint: {held}. Nothing was {undone}.")
