"""Executing notebooks in place, with the sandbox and the ids that the check in CI expects."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from pathlib import Path

from ikas_explore.errors import IkasError
from ikas_explore.settings import SANDBOX, SANDBOX_SEED
from ikas_explore.system.files import write_text
from ikas_explore.testing.leaks import known_secrets, masked

#: What a kernel finds, here and under ``pytest --ikas-sandbox``, in place of the user's settings.
KERNEL_VARIABLES: Mapping[str, str] = {
    "IKAS_STORE": SANDBOX,
    "IKAS_SANDBOX_SEED": SANDBOX_SEED,
    "IKAS_DOTENV": "off",
    "IKAS_PROGRESS": "off",
    "LANGUAGE": "en",  # of forms that do not name theirs
}
_WIDGET = "application/vnd.jupyter.widget-view+json"
_CELL_TIMEOUT = 600  # seconds


def run_notebook(path: Path) -> None:
    """Execute a notebook in its folder and save it, without times of execution and without widgets.

    In place of a widget stays its text or table, which shows where no widget can be drawn.

    Raises
    ------
    IkasError
        It cannot be read, its kernel does not start, or a cell failed; the file is as it was.
        Secrets are masked.
    """
    import asyncio  # pytest loads this module with the plugin, and has no use for it

    try:
        import nbformat
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient import NotebookClient
        from nbclient.exceptions import CellControlSignal, CellExecutionError
    except ImportError as error:
        raise IkasError(
            "Running notebooks needs nbclient; run `pip install nbclient ipykernel`."
        ) from error
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise IkasError(f"{path} is not a notebook that can be read: {error}") from error
    kept = {name: text for name, text in os.environ.items() if not name.startswith("IKAS_")}
    client = NotebookClient(
        notebook,
        timeout=_CELL_TIMEOUT,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        # On a loop of its own: at its end go the handlers of signals that nbclient leaves behind
        # when a kernel does not start, and Ctrl-C works again.
        asyncio.run(client.async_execute(env={**kept, **KERNEL_VARIABLES}))
    # A RuntimeError is that of a kernel that ends before it is ready.
    except (NoSuchKernel, RuntimeError, CellControlSignal, CellExecutionError) as error:
        # What nbclient leaves to the end of Python would only complain of a kernel that has gone.
        atexit.unregister(client._cleanup_kernel)
        said = f"{error.ename}: {error.evalue}" if isinstance(error, CellExecutionError) else error
        raise IkasError(masked(f"{path} failed: {said}", known_secrets(kept))) from None
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(_WIDGET, None)
    write_text(path, nbformat.writes(notebook) + "\n", "The notebook")
