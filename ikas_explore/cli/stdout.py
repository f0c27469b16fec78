"""Output that does not reach its reader: another encoding, a full disk, a closed pipe."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from ikas_explore.cli.output import print_error

_OF_A_STREAM = (OSError, BrokenPipeError, BlockingIOError)

#: These end with 1 when something was found, and with 2 when it cannot be told.
_CHECKS = ("audit", "check-notebooks")


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
