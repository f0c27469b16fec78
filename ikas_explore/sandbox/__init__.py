"""An ikas on this machine: its API, its rules, its deliveries.

It shares the SDL text and ikas' published limits with the client and no other code, so that a
mistake in one shows in the other. The table that ``python -m tests.sandbox.coverage`` makes from
the tests lists what it emulates and who says that ikas does so. Not emulated: the rest of ikas'
schema, and the blocks after too many errors or failed deliveries.
"""

from __future__ import annotations

from ikas_explore.sandbox.sandbox import Sandbox
from ikas_explore.sandbox.stores import StoreCredentials

__all__ = ["Sandbox", "StoreCredentials"]
