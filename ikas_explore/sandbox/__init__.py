"""An ikas on this machine: its API, its rules, its deliveries.

It shares the SDL text with the client and no other code, so that a mistake in one shows in
the other.
"""

from __future__ import annotations

from ikas_explore.sandbox.sandbox import Sandbox
from ikas_explore.sandbox.stores import StoreCredentials

__all__ = ["Sandbox", "StoreCredentials"]
