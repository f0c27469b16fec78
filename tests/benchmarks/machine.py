"""What a benchmark ran on, so that two tables can be compared."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

_NAMED = ("httpx", "pandas", "sgqlc", "graphql-core", "starlette", "uvicorn")


def machine() -> dict[str, str]:
    """Return Python's version, the system, its processors, and the versions of what counts."""
    return {
        "Python": platform.python_version(),
        "on": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
        **{name: version(name) for name in _NAMED},
    }
