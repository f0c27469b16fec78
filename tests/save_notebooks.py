"""Execute notebooks and save them as they are committed: ``python -m tests.save_notebooks``.

All, or those named. On a sandbox with the ids the tests expect, without times, and without
widgets: the tables that stand in their place are what shows where no widget can be drawn.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from ikas_explore.settings import SANDBOX, SANDBOX_SEED

FOLDER = Path(__file__).parents[1] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"


def save(path: Path) -> None:
    """Execute one notebook in its folder and write it."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=120,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET, None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    os.environ |= {"IKAS_STORE": SANDBOX, "IKAS_SANDBOX_SEED": SANDBOX_SEED, "LANGUAGE": "en"}
    for path in [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")):
        print(path)
        save(path)
