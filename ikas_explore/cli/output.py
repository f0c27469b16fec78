"""How results are printed: tables for people, JSON as the API names things; and when that fails."""

from __future__ import annotations

import datetime as dt
import io
import json as json_module
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import click

from ikas_explore.text.printable import is_visible, plain, printable, text_table
from ikas_explore.values.times import moment_of, ms_of

if TYPE_CHECKING:
    import pandas as pd

    from ikas_explore.client.rows import Columns


_OF_A_STREAM = (OSError, BrokenPipeError, BlockingIOError)

#: These end with 1 when something was found, and with 2 when it cannot be told.
_CHECKS = ("audit", "check-notebooks")


def print_json(value: Any, *, line: bool = False) -> None:
    """Print JSON, indented or on one line, and do not keep it back in a pipe."""
    text = json_module.dumps(value, ensure_ascii=not _holds_all(), indent=None if line else 2)
    if not is_visible(text.replace("\n", "")):  # \u202e says the same, and does not steer
        text = "".join(
            each if is_visible(each) or each == "\n" else _escaped(each) for each in text
        )
    print(text, flush=True)


def print_markup(text: str) -> None:
    """Print HTML or XML, with references for the letters that stdout's encoding may not hold."""
    print(text if _holds_all() else text.encode("ascii", "xmlcharrefreplace").decode())


def _holds_all() -> bool:
    # What was put in stdout's place may have no encoding: it takes text.
    encoding: str | None = getattr(sys.stdout, "encoding", None)
    return encoding is None or encoding.lower().startswith("utf")


def _escaped(letter: str) -> str:
    # JSON lets DEL stand as it is.
    return "\\u007f" if letter == "\x7f" else json_module.dumps(letter)[1:-1]


def print_error(kind: str, message: str) -> None:
    """Print an error on stderr; what others wrote in it does not steer the terminal."""
    lines = "\n".join(map(printable, message.split("\n")))
    click.secho(f"{kind}: {lines}", fg="red", err=True)


def print_table(rows: Sequence[Mapping[str, Any]], *, empty: str) -> None:
    """Print rows that have the same keys as a table, or a sentence when there are none."""
    print(as_table(rows) if rows else empty, flush=True)


def print_frame(frame: pd.DataFrame, json: bool, *, empty: str) -> None:
    """Print a frame as a table, or as JSON with its times as ISO text."""
    if json:
        text = frame.to_json(orient="records", date_format="iso", date_unit="ms")
        print_json(json_module.loads(text))
    else:
        print_table(records(frame), empty=empty)


def as_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows that have the same keys as a table."""
    return text_table(list(rows[0]), ([_shown(cell) for cell in row.values()] for row in rows))


def records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the rows of a frame, None where a cell is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def webhook_records(
    rows: Iterable[Mapping[str, Any]], *, with_store: bool = False
) -> list[dict[str, Any]]:
    """Return the rows of a webhook frame as the API names and types them, and their store."""
    return [
        ({"store": row["store"]} if with_store else {})
        | {
            "createdAt": _milliseconds(row["created_at"]),
            "deleted": bool(row["deleted"]),
            "endpoint": row["endpoint"],
            "id": row["id"],
            "scope": row["scope"],
            "updatedAt": _milliseconds(row["updated_at"]),
        }
        for row in rows
    ]


def webhook_rows(store: str, found: Columns) -> list[dict[str, Any]]:
    """Return webhooks that were listed as the rows of a webhook frame."""
    rows = [dict(zip(found, cells, strict=True)) for cells in zip(*found.values(), strict=True)]
    return [
        {
            "store": store,
            "scope": each["scope"],
            "endpoint": each["endpoint"],
            "id": each["id"],
            "created_at": _time(each["created_at"]),
            "updated_at": _time(each["updated_at"]),
            "deleted": each["deleted"],
        }
        for each in sorted(rows, key=itemgetter("scope"))
    ]


def _milliseconds(time: dt.datetime | None) -> int | None:
    return None if time is None else ms_of(time)


def _time(milliseconds: int | None) -> dt.datetime | None:
    return None if milliseconds is None else moment_of(milliseconds)


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, dt.timedelta):
        return str(cell).partition(".")[0]
    if isinstance(cell, float):
        return f"{cell:.6f}".rstrip("0").rstrip(".")  # a price is shown whole
    return cell.isoformat(" ", "seconds") if isinstance(cell, dt.datetime) else plain(cell)


@contextmanager
def printing(ctx: Any = None) -> Iterator[None]:
    """End a command whose output cannot be written with a line on stderr and its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Not every encoding holds every endpoint, and by now it may be saved.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:  # None where it was closed from the start
                # Not left to Python's end, which would tell of it in its own words.
                sys.stdout.flush()
    except OSError as error:
        # Of a file, of a connection: no error of stdout's.
        if error.filename is not None or type(error) not in _OF_A_STREAM:
            raise
        if not isinstance(error, BrokenPipeError):  # whoever reads no further knows
            with suppress(OSError):  # stderr may be on the same disk
                print_error(
                    type(error).__name__,
                    f"The output cannot be written: {error.strerror or error}. Make room or send "
                    "it elsewhere. What the command has changed stays changed.",
                )
        for stream in filter(None, (sys.stdout, sys.stderr)):
            try:
                stream.flush()
            except OSError:  # once more when Python ends, so let it succeed
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        check = ctx is not None and ctx.invoked_subcommand in _CHECKS
        raise click.exceptions.Exit(2 if check else 1) from None
