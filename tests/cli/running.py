"""Commands, run as a terminal runs them: most of them in this process, which is quicker."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import IO, Any
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


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``ikas-explore`` in this process, with streams and an environment of its own."""
    with io.TextIOWrapper(io.BytesIO(), "utf-8") as out:
        return _run(out, arguments, environment)


def run_into(
    stdout: int | IO[bytes], /, *arguments: str, encoding: str = "utf-8", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it with its output going to a file or a pipe: a full disk, or one that nobody reads."""
    number = stdout if isinstance(stdout, int) else stdout.fileno()
    with io.TextIOWrapper(os.fdopen(os.dup(number), "wb"), encoding) as out:
        return _run(out, arguments, environment)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run_at_terminal(
    typed: str, /, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it where a person answers its questions."""
    with io.TextIOWrapper(io.BytesIO(), "utf-8") as out:
        return _run(out, arguments, environment, _Terminal(typed))


def _run(
    out: io.TextIOWrapper[Any],
    arguments: Sequence[str],
    environment: Mapping[str, str],
    stdin: io.StringIO | None = None,
) -> subprocess.CompletedProcess[str]:
    with (
        io.StringIO() as err,
        mock.patch.dict(os.environ, variables(**environment)),
        mock.patch.object(sys, "argv", ["ikas-explore", *arguments]),
        mock.patch.object(sys, "stdin", stdin or io.StringIO()),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = _exit_code()
        out.flush()
        text = out.buffer.getvalue().decode() if isinstance(out.buffer, io.BytesIO) else ""
        return subprocess.CompletedProcess(["ikas-explore", *arguments], code, text, err.getvalue())


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
