"""An ikas on this machine: its API, its rules, its deliveries.

It shares the SDL text, ikas' published limits and the reading of addresses with the client, and no
wire code, so that a mistake in one shows in the other. The table that
``python -m tests.sandbox.coverage`` makes from the tests lists what it emulates and who says that
ikas does so. Not emulated: the rest of ikas' schema.
"""

from __future__ import annotations

from ikas_explore.sandbox.sandbox import Sandbox
from ikas_explore.sandbox.stores import StoreCredentials

__all__ = ["Sandbox", "StoreCredentials"]
