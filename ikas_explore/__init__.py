"""The webhooks of ikas stores as pandas DataFrames, and an ikas sandbox on your machine.

Importing this is cheap: every name is loaded when it is first used, so a script that only
verifies a signature never waits for pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ikas_explore import errors
    from ikas_explore.auditing.audit import audit
    from ikas_explore.auditing.report import Audit
    from ikas_explore.client.query import Query
    from ikas_explore.deliveries.push import push
    from ikas_explore.deliveries.receiver import Receiver
    from ikas_explore.deliveries.signatures import sign, verify
    from ikas_explore.errors import IkasError
    from ikas_explore.fleet import Fleet
    from ikas_explore.manage.changes import diff
    from ikas_explore.manage.plan import Plan
    from ikas_explore.sandbox import Sandbox
    from ikas_explore.schema.scopes import Scope
    from ikas_explore.store import Store, connect

#: Where each name lives.
_HOMES = {
    "Audit": "ikas_explore.auditing.report",
    "Fleet": "ikas_explore.fleet",
    "IkasError": "ikas_explore.errors",
    "Plan": "ikas_explore.manage.plan",
    "Query": "ikas_explore.client.query",
    "Receiver": "ikas_explore.deliveries.receiver",
    "Sandbox": "ikas_explore.sandbox",
    "Scope": "ikas_explore.schema.scopes",
    "Store": "ikas_explore.store",
    "audit": "ikas_explore.auditing.audit",
    "connect": "ikas_explore.store",
    "diff": "ikas_explore.manage.changes",
    "push": "ikas_explore.deliveries.push",
    "sign": "ikas_explore.deliveries.signatures",
    "verify": "ikas_explore.deliveries.signatures",
}

__all__ = [
    "Audit",
    "Fleet",
    "IkasError",
    "Plan",
    "Query",
    "Receiver",
    "Sandbox",
    "Scope",
    "Store",
    "audit",
    "connect",
    "diff",
    "errors",
    "push",
    "sign",
    "verify",
]
__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("ikas_explore.errors")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
