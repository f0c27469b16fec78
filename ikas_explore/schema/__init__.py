"""The source everything else is derived from: SDL files, generated types, scopes.

``v1.graphql`` and ``v2.graphql`` are written by hand, with the provenance of each part.
``v1.py`` and ``v2.py`` are generated from them by ``python -m ikas_explore.schema.regenerate``.
"""

from __future__ import annotations

from importlib import resources
from typing import Literal, get_args

ApiVersion = Literal["v1", "v2"]
API_VERSIONS: tuple[ApiVersion, ...] = get_args(ApiVersion)


def sdl(api_version: ApiVersion) -> str:
    """Return the schema of one API version as SDL text.

    Parameters
    ----------
    api_version : {"v1", "v2"}

    Returns
    -------
    str

    Examples
    --------
    >>> "saveWebhooks(" in sdl("v2")
    True
    """
    return resources.files(__name__).joinpath(f"{api_version}.graphql").read_text("utf-8")
