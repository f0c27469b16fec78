"""A command with the options of ``ikas-explore list`` that imports what that needs, and ends.

The rival of the command line's start: `typer` loads more when it reads its options, and httpx
when its first client is made, so that naming modules would leave a part of them out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import dotenv  # noqa: F401
import httpx
import sgqlc.operation  # noqa: F401
import stamina  # noqa: F401
import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def list_(
    out: Annotated[Path | None, typer.Option()] = None,
    store: Annotated[str | None, typer.Option()] = None,
    json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Do nothing."""
    httpx.Client(trust_env=False, verify=False).close()


if __name__ == "__main__":
    app()
