"""A tunnel that a command of the user opens, and that ends with us."""

from __future__ import annotations

import _thread
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
from ikas_explore.values.secret import SECRET_VARIABLES

#: Seconds that a tunnel is given until it has printed its address, and until it has ended.
_OPENING, _ENDING = 30.0, 5.0
_LINK = re.compile(r"https://[^\s\"'<>|\])\x00-\x1f]+")
# Tunnels first name their terms and pages: what they open is a host alone, or a line of its own.
_ADDRESS = re.compile(r"https://(?!(www|admin|dashboard|docs|developers)\.)[\w.-]+(:\d+)?")
_PIECES = 20  # the last lines that are shown when no address came
# It ends the tunnel when we are killed. Windows has no groups of processes to end.
_KEEPER = (
    [sys.executable, "-IS", str(Path(__file__).with_name("tunnel_keeper.py"))]
    if hasattr(os, "killpg")
    else []
)


@contextmanager
def tunnel(command: str, port: int) -> Iterator[str]:
    """Run a command, ``{port}`` filled in, and yield the first https host that it prints."""
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
        # It needs no secret of a store.
        env={key: each for key, each in os.environ.items() if key not in SECRET_VARIABLES},
        start_new_session=True,
    )
    found: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    lines: deque[str] = deque(maxlen=_PIECES)
    used: list[str] = []  # its address, as long as somebody relies on it

    def read() -> None:
        _read(process, found, lines)
        if used:
            _thread.interrupt_main()  # nothing arrives any more

    reader = threading.Thread(target=read, daemon=True)
    try:
        reader.start()
        used.append(_address(found, lines))
        try:
            if found.empty():
                yield used[0]
        except KeyboardInterrupt:
            if found.empty():
                raise
        if not found.empty():
            raise ServingError(f"The tunnel ended; nothing arrives any more. {_said(lines)}")
    finally:
        used.clear()
        _end(process)
        reader.join(_ENDING)


def _address(found: queue.SimpleQueue[str | None], lines: Sequence[str]) -> str:
    with suppress(queue.Empty):
        address = found.get(timeout=_OPENING)
        if address is not None:
            return address
    raise ServingError(f"The tunnel printed no https address of a host alone. {_said(lines)}")


def _said(lines: Sequence[str]) -> str:
    said = printable(" / ".join(each.strip() for each in lines))
    return f"It printed: {said or 'nothing'}"


def _read(
    process: subprocess.Popen[str], found: queue.SimpleQueue[str | None], lines: deque[str]
) -> None:
    """Put the address, and None at the end; a full pipe would stop the tunnel before."""
    address = None
    if process.stdout is not None:
        with process.stdout as printed:
            for line in printed:
                lines.append(line)
                if address is None:
                    links = [each.rstrip(".,;/") for each in _LINK.findall(line)]
                    whole = line.strip().rstrip("/") in links and _ADDRESS.match(links[0])
                    address = links[0] if whole else next(filter(_ADDRESS.fullmatch, links), None)
                    if address is not None:
                        found.put(address)
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
