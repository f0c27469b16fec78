"""A webhook frame made ready for the rules: each different text is read once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.values.urls import Url, read_url

if TYPE_CHECKING:
    from pandas import DataFrame


def prepare(frame: DataFrame, now: dt.datetime) -> DataFrame:
    """Add what rules ask for; see `ikas_explore.auditing.rule` for the columns."""
    import pandas as pd

    from ikas_explore.frames.frames import check_webhook_frame

    check_webhook_frame(frame)
    stores, store_codes = _factorized(frame["store"])
    scopes, scope_codes = _factorized(frame["scope"])
    endpoints, endpoint_codes = _factorized(frame["endpoint"])
    read = [read_endpoint(endpoint) for endpoint in endpoints]
    urls, problems = [url for url, _ in read], [problem for _, problem in read]
    scope_parts = [(*scope.split("/"), "", "", "")[:3] for scope in scopes]
    return pd.DataFrame(
        {
            "store": _categorical(stores, store_codes),
            "scope": _categorical(scopes, scope_codes),
            "endpoint": _categorical(endpoints, endpoint_codes),
            "deleted": _flags(frame),
            "age_days": _age_days(frame, now),
            "scheme": _mapped(urls, endpoint_codes, lambda url: url.scheme),
            "host": _mapped(urls, endpoint_codes, lambda url: url.host),
            "port": _numbers([url.port for url in urls], endpoint_codes),
            "problem": _mapped(problems, endpoint_codes, str),
            "likeness": _mapped(urls, endpoint_codes, _likeness),
            "group": _mapped(scope_parts, scope_codes, lambda parts: parts[1]),
            "verb": _mapped(scope_parts, scope_codes, lambda parts: parts[2]),
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


def _factorized(column: Any) -> tuple[list[str], Any]:
    import pandas as pd

    codes, texts = pd.factorize(column.fillna(""), sort=True)
    return [str(text) for text in texts], codes


def _categorical(texts: Sequence[str], codes: Any) -> Any:
    import numpy as np
    import pandas as pd

    return pd.Categorical.from_codes(codes, categories=pd.Index(np.array(texts, dtype=object)))


def _mapped(values: Sequence[Any], codes: Any, part: Callable[[Any], str]) -> Any:
    """Return a part of each value as categories, the rows following by their codes."""
    import numpy as np
    import pandas as pd

    part_codes, parts = pd.factorize(np.array([part(each) for each in values], dtype=object))
    return _categorical(list(parts), part_codes[codes] if len(codes) else codes)


def _numbers(numbers: Sequence[int], codes: Any) -> Any:
    import numpy as np

    return np.array(numbers, dtype="int64")[codes] if len(codes) else np.zeros(0, dtype="int64")


def _flags(frame: DataFrame) -> Any:
    if "deleted" not in frame:
        return False
    return frame["deleted"].fillna(False).to_numpy(dtype=bool)
