"""Execute notebooks and save them as they are committed: ``python -m tests.save_notebooks``.

All, or those named: ``ikas-explore run-notebooks`` of our own folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ikas_explore.cli import app

FOLDER = Path(__file__).parents[1] / "notebooks"

if __name__ == "__main__":
    app(["run-notebooks", *(sys.argv[1:] or [str(FOLDER)])])
