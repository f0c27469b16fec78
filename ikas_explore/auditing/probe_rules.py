"""The rules about what a probe saw: one small function each.

They are given a row for each store and endpoint: ``store, endpoint`` and the columns of a
probe (`ikas_explore.frames.frames.PROBES`), as plain columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ikas_explore.auditing.rule import Rule, found, rule
from ikas_explore.text.printable import counted

if TYPE_CHECKING:
    from pandas import DataFrame

    from ikas_explore.auditing.wanted import Wanted


def _failed(probed: DataFrame, failure: str) -> DataFrame:
    rows = probed[probed["failure"] == failure]
    return found(rows[["store", "endpoint"]], list(rows["error"]))


@rule("dns-failed", "error", remedy="Fix the name's DNS record, or save another endpoint.")
def dns_failed(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """The host's name has no address."""
    return _failed(probed, "dns")


@rule("resolves-private", "error", remedy="Point the name at an address the internet can reach.")
def resolves_private(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """The host's address is private: ikas cannot reach it, and the probe did not try."""
    return _failed(probed, "private")


@rule("connect-failed", "error", remedy="Start the receiver, and open the port to the internet.")
def connect_failed(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """Nothing accepted the connection."""
    return _failed(probed, "connect")


@rule("certificate-invalid", "error", remedy="Install a valid certificate with its whole chain.")
def certificate_invalid(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """The certificate or its chain is not trusted, or has expired."""
    return _failed(probed, "tls")


@rule("certificate-hostname", "error", remedy="Install a certificate that names the host.")
def certificate_hostname(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """The certificate is for other names."""
    return _failed(probed, "hostname")


@rule("no-answer", "error", remedy="Find out why the receiver accepts and then does not answer.")
def no_answer(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """The endpoint accepted the connection, and sent no HTTP answer in time."""
    return _failed(probed, "http")


@rule(
    "not-probed",
    "warning",
    remedy="Audit again; if the probe itself failed, report it.",
)
def not_probed(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """The probe did not finish, so the endpoint was not checked."""
    rows = probed[probed["failure"].isin(["unprobed", "crashed"])]
    return found(rows[["store", "endpoint"]], list(rows["error"]))


@rule("redirect", "error", remedy="Save the scope with the address it redirects to.")
def redirect(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """The endpoint redirects: ikas counts any answer except 200 as a failed attempt."""
    rows = probed[probed["status_code"].fillna(0).between(300, 399)]
    return found(
        rows[["store", "endpoint"]],
        [
            f"It answers {status}, to {location if isinstance(location, str) else 'nowhere'}."
            for status, location in zip(rows["status_code"], rows["location"], strict=True)
        ],
    )


@rule("certificate-expires", "warning", remedy="Renew the certificate, best by a program.")
def certificate_expires(probed: DataFrame, wanted: Wanted) -> DataFrame:
    """The certificate expires within ``certificate_days``."""
    soon = (probed["days_left"] < wanted.certificate_days).fillna(False).astype(bool)
    rows = probed[soon]
    messages = [
        f"The certificate of {', '.join(sorted(same['host'].unique()))} expires in "
        f"{counted(same['days_left'].iloc[0], 'day')}; it is the one of "
        f"{counted(same['endpoint'].nunique(), 'endpoint')} of "
        f"{counted(same['store'].nunique(), 'store')}."
        for _, same in rows.groupby("certificate", sort=False)
    ]
    return found(rows.drop_duplicates("certificate")[["endpoint"]], messages)


#: In the order in which they are written here and reported.
PROBE_RULES: tuple[Rule, ...] = tuple(each for each in globals().values() if isinstance(each, Rule))
