"""The source everything else is derived from: one SDL file, generated types, scopes, limits.

``webhooks.graphql`` is written by hand and says where each part comes from. ``v1.py`` and
``v2.py`` are generated from it by ``python -m ikas_explore.schema.regenerate``.
"""

from __future__ import annotations

from importlib import resources
from typing import Literal, get_args

ApiVersion = Literal["v1", "v2"]
API_VERSIONS: tuple[ApiVersion, ...] = get_args(ApiVersion)

#: The one name in which the versions differ in this part of ikas' schema.
SAVE_FIELDS: dict[ApiVersion, str] = {"v1": "saveWebhook", "v2": "saveWebhooks"}


def sdl(api_version: ApiVersion) -> str:
    """Return the schema of one API version as SDL text."""
    text = resources.files(__name__).joinpath("webhooks.graphql").read_text("utf-8")
    return text.replace(f"{SAVE_FIELDS['v1']}(", f"{SAVE_FIELDS[api_version]}(")
