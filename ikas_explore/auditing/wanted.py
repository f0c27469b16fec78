"""What rules may read: the part of a policy that says what is wanted of the webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from ikas_explore.errors import InvalidArgumentError, InvalidScopeError
from ikas_explore.schema.scopes import Scope
from ikas_explore.values.names import did_you_mean, read_texts
from ikas_explore.values.numbers import check_number
from ikas_explore.values.urls import normal_host


@dataclass(frozen=True)
class Wanted:
    """What an audit measures against.

    Parameters
    ----------
    required : str or iterable of str
        Scopes or patterns that every store must have.
    allowed_hosts : str or iterable of str
        Hosts or patterns; empty allows all.
    stores : iterable of str
        Stores that must be covered even if they have no webhook at all.
    stale_after_days : float, default 365
    max_endpoints_per_host : int, default 5
    certificate_days : int, default 21
        A certificate with fewer days left is a finding.
    """

    required: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    stale_after_days: float = 365
    max_endpoints_per_host: int = 5
    certificate_days: int = 21

    def __post_init__(self) -> None:
        for name in ("required", "allowed_hosts", "stores"):
            self._set(name, tuple(read_texts(getattr(self, name), name)))
        for host in self.allowed_hosts:
            if normal_host(host, pattern=True) is None:
                raise InvalidArgumentError(
                    f"allowed_hosts names {host!r}, which is no host. Leave 'https://', the port "
                    "and the path out, for example 'hooks.example.com' or '*.example.com'."
                )
        self._set(
            "stale_after_days", check_number("stale_after_days", self.stale_after_days, least=0)
        )
        for name in ("max_endpoints_per_host", "certificate_days"):
            self._set(name, check_number(name, getattr(self, name), least=0, whole=True))
        self.required_scopes()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # as the dataclass is frozen

    def required_scopes(self) -> list[str]:
        """Return the required scopes, patterns expanded, each once, in order."""
        scopes: list[str] = []
        for pattern in self.required:
            matching = [str(scope) for scope in Scope.match(pattern)]
            if not matching:
                known = map(str, Scope.registrable())
                raise InvalidScopeError(
                    f"No scope that can be registered fits the required {pattern!r}."
                    f"{did_you_mean(pattern, known)}"
                )
            scopes += matching
        return list(dict.fromkeys(scopes))
