"""A tunnel that a command of the user opens, and that ends with us."""

from __future__ import annotations

import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ikas_explore.errors import InvalidArgumentError, ServingError
from ikas_explore.text.printable import printable

#: Seconds that a tunnel is given until it has printed its address, and until it has ended.
_OPENING, _ENDING = 30.0, 5.0
_ADDRESS = re.compile(r"https://[^\s\"'<>|]+")
_PIECES = 20  # the last lines that are shown when no address came
# It ends the tunnel when we are killed. Windows has no groups of processes to end.
_KEEPER = (
    [sys.executable, "-IS", str(Path(__file__).with_name("tunnel_keeper.py"))]
    if hasattr(os, "killpg")
    else []
)


@contextmanager
def tunnel(command: str, port: int) -> Iterator[str]:
    """Run a command, ``{port}`` filled in, and yield the first https address that it prints."""
    try:
        words = shlex.split(command.replace("{port}", str(port)))
    except ValueError as error:
        raise InvalidArgumentError(f"--tunnel: {error}.") from None
    if not words:
        raise InvalidArgumentError("--tunnel is empty; give the command that opens your tunnel.")
    if shutil.which(words[0]) is None:
        raise ServingError(f"The tunnel {words[0]!r} cannot be run: there is no such program.")
    # A group of its own: Ctrl-C ends it after the scopes were given back, and with all it ran.
    process = subprocess.Popen(  # noqa: S603 - the user's own command
        [*_KEEPER, *words],
        stdin=subprocess.PIPE if _KEEPER else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    found: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    lines: deque[str] = deque(maxlen=_PIECES)
    reader = threading.Thread(target=_read, args=(process, found, lines), daemon=True)
    try:
        reader.start()
        yield _address(found, lines)
    finally:
        _end(process)
        reader.join(_ENDING)


def _address(found: queue.SimpleQueue[str | None], lines: Sequence[str]) -> str:
    with suppress(queue.Empty):
        address = found.get(timeout=_OPENING)
        if address is not None:
            return address
    said = printable(" / ".join(each.strip() for each in lines)) or "nothing"
    raise ServingError(f"The tunnel printed no https address. It printed: {said}")


def _read(
    process: subprocess.Popen[str], found: queue.SimpleQueue[str | None], lines: deque[str]
) -> None:
    """Read to the end, as a full pipe would stop the tunnel."""
    if process.stdout is not None:
        with process.stdout as printed:
            for line in printed:
                lines.append(line)
                if match := _ADDRESS.search(line):
                    found.put(match[0].rstrip(".,;)"))
    found.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin is None:  # Windows
        process.kill()
        return
    process.stdin.close()
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDING)
            return
