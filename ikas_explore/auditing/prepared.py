"""A webhook frame made ready for the rules: each different text is read once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.urls import Url, read_url

if TYPE_CHECKING:
    from pandas import DataFrame


def prepare(frame: DataFrame, now: dt.datetime) -> DataFrame:
    """Add what rules ask for; see `ikas_explore.auditing.rule` for the columns."""
    import numpy as np
    import pandas as pd

    from ikas_explore.frames.frames import check_webhook_frame

    check_webhook_frame(frame)
    stores, scopes, endpoints = (
        _categorical(frame[name].fillna("")) for name in ("store", "scope", "endpoint")
    )
    read = [read_endpoint(endpoint) for endpoint in endpoints.categories]
    parts = [(*scope.split("/"), "", "", "")[:3] for scope in scopes.categories]

    def spread(texts: Iterable[str], by: Any) -> Any:
        """Return a text of each endpoint or scope as those of the rows."""
        return _categorical(np.array([*texts], dtype=object)).take(by.codes)

    return pd.DataFrame(
        {
            "store": stores,
            "scope": scopes,
            "endpoint": endpoints,
            "deleted": _flags(frame),
            "age_days": _age_days(frame, now),
            "scheme": spread((url.scheme for url, _ in read), endpoints),
            "host": spread((url.host for url, _ in read), endpoints),
            "port": np.array([url.port for url, _ in read], dtype="int64").take(endpoints.codes),
            "problem": spread((problem for _, problem in read), endpoints),
            "likeness": spread((_likeness(url) for url, _ in read), endpoints),
            "group": spread((group for _, group, _ in parts), scopes),
            "verb": spread((verb for _, _, verb in parts), scopes),
        }
    )


def read_endpoint(endpoint: str) -> tuple[Url, str]:
    """Return the parts of an endpoint, and what is wrong with it where it cannot be read."""
    try:
        return read_url(endpoint), ""
    except InvalidArgumentError as error:
        return Url("", "", 0), str(error)


def _likeness(url: Url) -> str:
    """Return the same for endpoints that differ only by a slash at the end, case or port."""
    path, mark, query = url.rest.partition("?")
    return f"{url.scheme}://{url.host}{path.rstrip('/').casefold()}{mark}{query}"


def covered(webhooks: DataFrame, stores: Sequence[str], scopes: Sequence[str]) -> Any:
    """Return as a boolean array which store (row) has which scope (column), in the order given."""
    import numpy as np

    cells = np.zeros((len(stores), len(scopes)), dtype=bool)
    row_at, column_at = _places(webhooks["store"], stores), _places(webhooks["scope"], scopes)
    known = (row_at >= 0) & (column_at >= 0)
    cells[row_at[known], column_at[known]] = True
    return cells


def _places(column: Any, texts: Sequence[str]) -> Any:
    import numpy as np
    import pandas as pd

    # Looked up once a category, and then taken by the rows' codes; -1 for those not among them.
    index = pd.Index(np.array(texts, dtype=object))
    return index.get_indexer(column.cat.categories)[column.cat.codes]


def _age_days(frame: DataFrame, now: dt.datetime) -> Any:
    import pandas as pd

    if "updated_at" not in frame:
        return float("nan")
    age = pd.Timestamp(now) - pd.to_datetime(frame["updated_at"], utc=True)
    return age.dt.total_seconds().to_numpy() / 86_400


def _categorical(texts: Any) -> Any:
    """Return texts as categories, so that a rule looks at each different one once."""
    import numpy as np
    import pandas as pd

    codes, found = pd.factorize(texts, sort=True)
    categories = np.array([str(text) for text in found], dtype=object)
    return pd.Categorical.from_codes(codes, categories=pd.Index(categories))


def _flags(frame: DataFrame) -> Any:
    if "deleted" not in frame:
        return False
    return frame["deleted"].fillna(False).to_numpy(dtype=bool)
