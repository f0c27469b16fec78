"""`check_frame`: hold a frame to what was recorded of it, however pandas prints it today."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ikas_explore.errors import InvalidArgumentError, StorageError
from ikas_explore.system.files import replacing
from ikas_explore.testing.canonical import Record, take_record
from ikas_explore.testing.differences import find_differences, table
from ikas_explore.text.printable import printable

if TYPE_CHECKING:
    from pandas import DataFrame

#: Where records lie, for kernels whose notebook is not in their working folder.
FOLDER_VARIABLE = "IKAS_FRAMES"
#: Set by ``pytest --ikas-update``.
UPDATE_VARIABLE = "IKAS_FRAMES_UPDATE"
FOLDER = "frames"


def check_frame(
    frame: DataFrame,
    name: str,
    *,
    key: str | Sequence[str] | None = "scope",
    ignore: Iterable[str] = ("id", "created_at", "updated_at"),
) -> None:
    """Compare a frame with what was recorded of it; the order of its rows does not matter.

    Columns, kinds of dtypes and cells are compared, not what pandas prints, so an upgrade of
    pandas cannot fail it. The record is ``frames/NAME.json`` beside the notebook, to be
    committed with it. Without one it is written, and said so, in a notebook that a person runs;
    under pytest that is a failure. ``pytest --ikas-update`` records anew.

    Parameters
    ----------
    frame : pandas.DataFrame
    name : str
        Of the record, one a frame: letters, digits, ``.``, ``_`` and ``-``.
    key : str or sequence of str or None, default "scope"
        The columns that tell the rows apart; None compares them in their order.
    ignore : iterable of str, default ("id", "created_at", "updated_at")
        Columns whose cells may differ; they have to be there still, with their kind.

    Raises
    ------
    AssertionError
        Something differs: the message is a table of it. Or nothing is recorded yet.
    InvalidArgumentError
        The key does not tell the rows apart, or a cell cannot be recorded.
    StorageError
        The record cannot be read.

    Examples
    --------
    In a cell of a notebook: ``check_frame(store.webhooks.list(), "webhooks")``. A frame without
    scopes names its key: ``check_frame(stores, "stores", key="store")``.
    """
    __tracebackhide__ = True  # the cell is to blame, not this function
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise InvalidArgumentError(
            f"{name!r} cannot name a record: use letters, digits, '.', '_' and '-'."
        )
    keys = [key] if isinstance(key, str) else list(key or ())
    now = take_record(frame, keys, {ignore} if isinstance(ignore, str) else set(ignore))
    path = Path(os.environ.get(FOLDER_VARIABLE) or FOLDER) / f"{name}.json"
    shown = f"{path.parent.name}/{path.name}"
    # pytest sets it, and the kernels it starts inherit it.
    checked = "PYTEST_CURRENT_TEST" in os.environ
    asked = bool(os.environ.get(UPDATE_VARIABLE))
    if asked or not (checked or path.exists()):
        _write(path, now.text())
        if not asked:
            print(f"Recorded {shown}. Run this cell again before you save the notebook.")
        return
    if not path.exists():
        raise AssertionError(
            f"Nothing is recorded in {shown}. Record it with `pytest --ikas-update`, look at it, "
            "and commit it with the notebook."
        )
    differences = find_differences(_read(path, shown), now)
    if differences:
        raise AssertionError(
            f"The frame is not what is recorded in {shown}:\n\n{table(differences)}\n\n"
            "If this is how it should be, record it with `pytest --ikas-update`."
        )


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, 0o666) as part:
            part.write_text(text, "utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error


def _read(path: Path, shown: str) -> Record:
    try:
        record = Record(**json.loads(path.read_text("utf-8")))
        record.check()
        return record
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise StorageError(
            f"{shown} is no record of a frame ({printable(str(error))}); make it anew with "
            "`pytest --ikas-update`."
        ) from error
