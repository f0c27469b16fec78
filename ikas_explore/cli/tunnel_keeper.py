"""Runs a command that ends when whoever started this does, even by ``kill -9``.

It is a program of its own, which imports nothing of this package: its standard input is a pipe
that ends with the process at the other end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

_ENDING = 4.0  # seconds from SIGTERM to SIGKILL

if __name__ == "__main__":
    # A function and not SIG_IGN, which the command would inherit.
    signal.signal(signal.SIGTERM, lambda *_: None)
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # noqa: S603 - the user's own
    threading.Thread(target=lambda: os._exit(child.wait()), daemon=True).start()
    while sys.stdin.read():
        pass
    os.killpg(0, signal.SIGTERM)
    time.sleep(_ENDING)
    os.killpg(0, signal.SIGKILL)
