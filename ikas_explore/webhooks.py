"""`Webhooks`: what can be done with the webhooks of one store, each verb in its own room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ikas_explore.client.client import Client
from ikas_explore.client.operations import Registrations, schema_of
from ikas_explore.errors import InvalidArgumentError, ScopeTakenError
from ikas_explore.manage.journal import Journal, Journals
from ikas_explore.manage.journal_file import Entry
from ikas_explore.schema.scopes import check_scopes

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from ikas_explore.auditing.policy import Policy
    from ikas_explore.auditing.report import Audit
    from ikas_explore.client.query import Query
    from ikas_explore.forms.delete_form import DeleteForm
    from ikas_explore.forms.manager import Manager
    from ikas_explore.forms.save_form import SaveForm
    from ikas_explore.manage.desired import DesiredLike
    from ikas_explore.manage.plan import Plan


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
        from ikas_explore.client.query import begin

        return begin(self._client, "list_webhook")

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
        asked = self._registrations.check(endpoint, scopes, sales_channel_ids)
        if not isinstance(replace, bool):
            raise InvalidArgumentError(f"replace is True or False, not {replace!r}.")
        with self._journal.write(
            self._registrations,
            asked.scopes,
            endpoint=endpoint,
            sales_channels=asked.sales_channel_ids is not None,
        ) as entry:
            if not replace:
                _refuse_taken(entry)
            return self._registrations.send(asked)

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

    def plan(self, desired: DesiredLike, *, prune: bool = False) -> Plan:
        """Compare what is registered with what should be; nothing is written yet.

        Parameters
        ----------
        desired : pandas.DataFrame, path of a TOML file or snapshot, or mapping
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
            It names what ikas refuses; or `prune` is not a bool.
        IkasError
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
        IkasError
            The store could not be listed.

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
        from ikas_explore.manage.plan import make_undo, refuse_arguments

        refuse_arguments(gone)
        return make_undo(Journals({self.name: self._journal}), {self.name: self._registrations})

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
        from ikas_explore.forms.save_form import SaveForm

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
        from ikas_explore.forms.delete_form import DeleteForm

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


def _refuse_taken(entry: Entry) -> None:
    taken = {
        scope: held
        for scope, held in entry.before.items()
        if held not in (None, entry.after[scope])
    }
    if taken:
        raise ScopeTakenError(
            f"{entry.store}: held by another endpoint: "
            + ", ".join(f"{scope} by {held}" for scope, held in taken.items())
            + ". Nothing was saved; replace=True takes them over."
        )
