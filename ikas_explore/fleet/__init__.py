"""Many stores as one: the file that names them, the listing of all, and what is done with it."""

from __future__ import annotations

from ikas_explore.fleet.fleet import Fleet

__all__ = ["Fleet"]
