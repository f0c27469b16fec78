"""Commands, run as a terminal runs them: most of them in this process, which is quicker."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import IO
from unittest import mock

import pytest

from ikas_explore.cli import app

COMMAND = (sys.executable, "-m", "ikas_explore")

#: A device that is always full.
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def variables(**more: str) -> dict[str, str]:
    """The environment of a command: the journal of whoever runs the tests is not ours."""
    return {**os.environ, "IKAS_JOURNAL": "journal.jsonl", **more}


def run(
    *arguments: str, stdout: int | IO[bytes] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``ikas-explore`` in this process, with streams and an environment of its own.

    Parameters
    ----------
    *arguments : str
    stdout : int or file, optional
        Where the output goes in place of the result: a full disk, a closed pipe.
    **environment : str
        ``PYTHONIOENCODING`` is the encoding of stdout, as it is for a process.
    """
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    printed = io.BytesIO() if stdout is None else _duplicate(stdout)
    with (
        io.TextIOWrapper(printed, encoding) as out,
        io.StringIO() as err,
        mock.patch.dict(os.environ, variables(**environment)),
        mock.patch.object(sys, "argv", ["ikas-explore", *arguments]),
        mock.patch.object(sys, "stdin", io.StringIO()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = _exit_code()
        out.flush()
        text = printed.getvalue().decode(encoding) if isinstance(printed, io.BytesIO) else ""
        return subprocess.CompletedProcess(["ikas-explore", *arguments], code, text, err.getvalue())


def _duplicate(stdout: int | IO[bytes]) -> IO[bytes]:
    number = stdout if isinstance(stdout, int) else stdout.fileno()
    return os.fdopen(os.dup(number), "wb")


def _exit_code() -> int:
    try:
        app(prog_name="ikas-explore")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()  # as Python does
        return 1
    return 0


@contextmanager
def unread() -> Iterator[int]:
    """Give the end of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run ``ikas-explore sandbox --json``; give the process and the environment to reach it."""
    command = [*COMMAND, "sandbox", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            printed = json.loads(process.stdout.readline())
            assert set(printed) == {"base_url", "access_token", "client_id", "client_secret"}
            yield process, {f"IKAS_{name.upper()}": value for name, value in printed.items()}
        finally:
            process.terminate()
            process.wait(20)
