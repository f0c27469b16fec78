"""The webhooks of many stores: what each answered, or why it did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from ikas_explore.client.operations import list_webhooks, rows_of
from ikas_explore.client.rows import Columns
from ikas_explore.errors import IkasError, PlanError
from ikas_explore.manage.applying import is_one_stores, said
from ikas_explore.system.threads import gather
from ikas_explore.text.progress import Progress, progressing
from ikas_explore.values.numbers import check_number

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.store import Store

T = TypeVar("T")

#: Most stores asked at a time: beyond it connections wait for each other.
MOST_WORKERS = 100


class Listing:
    """The last listing of many stores that came to an end; empty before the first.

    Stores that are `unusable` cannot even be asked: they are failures from the start.
    """

    def __init__(self, stores: Mapping[str, Store], unusable: Mapping[str, IkasError]) -> None:
        self._stores = stores
        self._unusable = unusable
        self._listed: dict[str, Columns] = {}
        #: Name of the error's class, and what it says.
        self._failed = self._never()
        # Made now, with all that pandas loads for its first frame: nothing can be loaded once the
        # process has no file handles left.
        self._frame: DataFrame | None = self._made()

    def fetch(self, *, workers: int, progress: Progress | bool | None) -> None:
        """List all stores; see `ikas_explore.fleet.Fleet.list`.

        What was listed before is there until all were asked, or Ctrl-C.
        """
        workers = check_number("workers", workers, least=1, most=MOST_WORKERS, whole=True)
        listed: dict[str, Columns] = {}
        failed: dict[str, Exception] = dict(self._unusable)
        names = [*self._stores, *failed]
        cut_short = ""

        def ask(store: Store) -> None:
            # Kept here and not by the thread that waits, which Ctrl-C may catch with answers
            # not yet handed over.
            try:
                listed[store.name] = list_webhooks(store.client)
            except Exception as error:
                if not is_one_stores(error, names):
                    raise
                failed[store.name] = error

        done = len(failed)
        try:
            with progressing(progress, "stores") as tell:
                for _, mistake in gather(ask, self._stores.values(), workers=workers):
                    if mistake is not None:
                        raise mistake
                    done += 1
                    tell(done, len(names))
        except BaseException as ended:
            cut_short = type(ended).__name__
            ended.add_note(
                f"{len(listed)} of {len(names)} stores were listed before the interrupt: "
                "fleet.listed has their rows, fleet.errors names the others."
            )
            raise
        finally:
            # Copies: threads that are still under way go on writing to the others.
            self._listed, reasons = dict(listed), dict(failed)
            self._failed = {
                name: _reason(name, reasons[name])
                if name in reasons
                else (cut_short, "Not listed: it was interrupted before.")
                for name in sorted(names)
                if name not in self._listed
            }
            self._frame = None

    def ask_all(
        self, call: Callable[[Store], T], *, workers: int, progress: Progress | bool | None
    ) -> dict[str, T]:
        """Call a function with each store; those that fail are the failures from now on."""
        self._failed = self._never()
        return self.ask(call, self._stores, workers=workers, progress=progress)

    def ask(
        self,
        call: Callable[[Store], T],
        names: Iterable[str],
        *,
        workers: int,
        progress: Progress | bool | None,
    ) -> dict[str, T]:
        """Call a function with some stores; one that fails joins the failures."""
        workers = check_number("workers", workers, least=1, most=MOST_WORKERS, whole=True)
        answers: dict[str, T] = {}
        stores = [self._stores[name] for name in names]
        with progressing(progress, "stores") as tell:
            for done, (store, answer) in enumerate(gather(call, stores, workers=workers), 1):
                if isinstance(answer, BaseException):
                    if not is_one_stores(answer, [each.name for each in stores]):
                        raise answer
                    self._failed[store.name] = _reason(store.name, answer)
                else:
                    answers[store.name] = answer
                tell(done, len(stores))
        return {name: answers[name] for name in sorted(answers)}

    def _never(self) -> dict[str, tuple[str, str]]:
        return {name: _reason(name, self._unusable[name]) for name in sorted(self._unusable)}

    @property
    def reached(self) -> list[str]:
        """The stores that were listed, sorted."""
        return sorted(self._listed)

    @property
    def failures(self) -> dict[str, str]:
        """The other stores, sorted, and why."""
        return {name: why for name, (_, why) in self._failed.items()}

    def nothing(self, done: str) -> PlanError:
        """Return the error for a fleet of which no store could be listed, or asked."""
        return PlanError(f"No store could be {done}. {' '.join([*self.failures.values()][:3])}")

    @property
    def frame(self) -> DataFrame:
        """The webhook frame of all stores, made once a listing."""
        if self._frame is None:
            self._frame = self._made()
        return self._frame

    def rows(self) -> list[tuple[str, str, str]]:
        """Return store, scope and endpoint of the webhooks that are not deleted."""
        return [(name, *row) for name, cells in self._listed.items() for row in rows_of(cells)]

    @property
    def counts(self) -> dict[str, int]:
        """How many webhooks each store that was listed has."""
        return {name: len(columns["scope"]) for name, columns in self._listed.items()}

    def errors(self) -> DataFrame:
        """Return the frame of failures: ``store, error, message``."""
        from ikas_explore.frames.frames import FAILURES, rows_frame

        return rows_frame(
            FAILURES,
            [
                {"store": store, "error": kind, "message": why}
                for store, (kind, why) in self._failed.items()
            ],
        )

    def _made(self) -> DataFrame:
        from ikas_explore.frames.frames import webhook_columns, webhook_frame

        versions = {store.client.settings.api_version for store in self._stores.values()}
        cells = {
            name: [cell for columns in self._listed.values() for cell in columns[name]]
            for name in webhook_columns()
            if name != "store"
        }
        return webhook_frame(
            cells,
            store=[name for name, columns in self._listed.items() for _ in columns["scope"]],
            api_version=versions.pop() if len(versions) == 1 else None,
        )


def _reason(store: str, error: Exception) -> tuple[str, str]:
    why = said(error)
    return type(error).__name__, why if isinstance(error, IkasError) else f"{store}: {why}."
