"""A user's project: a notebook, the lines of the README, and a Python that has the package."""

from __future__ import annotations

import os
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOK = Path("notebooks/ours.ipynb")

CELLS = (
    """\
import ikas_explore as ikas
from ikas_explore.testing import check_frame

store = ikas.connect()
store.webhooks.list()""",
    """\
form = store.webhooks.save_form()
form.fill(endpoint="https://erp.example.com/ikas", scopes=["store/order/created"])
form.click("save")
print(form.message)
check_frame(form.frame, "saved")
form""",
    """\
check_frame(store.webhooks.list(), "webhooks")
store.webhooks.list()""",
    """\
store.sandbox.emit("store/order/created"), store.sandbox.client_id""",
    """\
store.close()""",
)


def lines_of_the_readme() -> str:
    """The three lines for pytest.ini that notebooks/README.md gives."""
    [block] = re.findall(
        r"```ini\n(.*?)```", (ROOT / "notebooks" / "README.md").read_text("utf-8"), re.DOTALL
    )
    assert len(block.splitlines()) == 3
    return str(block)


def environment(**more: str) -> dict[str, str]:
    """Variables of this process without those of pytest's own run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**kept, **more}


def save_executed(folder: Path) -> None:
    """Run the notebook as its author does, and record its frames."""
    import nbformat  # builds dozens of grammars: a second, only where a notebook is run
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(CELLS)]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    written = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    path = folder / NOTEBOOK
    path.parent.mkdir(parents=True)
    client = NotebookClient(
        written, timeout=60, record_timing=False, resources={"metadata": {"path": str(path.parent)}}
    )
    author = {"IKAS_STORE": "sandbox", "IKAS_SANDBOX_SEED": "1", "LANGUAGE": "en"}
    client.execute(env=environment(IKAS_FRAMES_UPDATE="1", **author))
    written.metadata.pop("widgets", None)
    nbformat.write(written, path)


@dataclass
class Project:
    """A folder with the three lines and a saved notebook.

    Attributes
    ----------
    folder : Path
    python : Path
        The interpreter that has the package.
    """

    folder: Path
    python: Path

    @property
    def path(self) -> Path:
        return self.folder / NOTEBOOK

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a module of Python in the folder."""
        return subprocess.run(
            [str(self.python), "-m", *command],
            cwd=self.folder,
            env=environment(**more),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def pytest(self, *options: str, **more: str) -> tuple[dict[str, str], str]:
        """Run pytest; return what became of each cell, and what was printed."""
        results = self.folder / "results.xml"
        # schemathesis' plugin slows every start down, where it is installed.
        without = ("-p", "no:schemathesis", "-p", "no:cacheprovider")
        done = self.run("pytest", *without, "--junitxml", str(results), *options, **more)
        said = done.stdout + done.stderr
        assert results.exists(), said
        cases = {
            case.attrib["name"]: "failed" if case.find("failure") is not None else "passed"
            for case in ET.parse(results).getroot().iter("testcase")
        }
        results.unlink()
        assert (done.returncode == 0) == (set(cases.values()) == {"passed"}), said
        return cases, said

    def check(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run ``ikas-explore check-notebooks`` on the project's notebooks."""
        return self.run("ikas_explore", "check-notebooks", "notebooks", *options)

    def edit(self, change: Any) -> None:
        """Change the saved notebook."""
        import nbformat

        content = nbformat.read(self.path, as_version=4)
        change(content)
        nbformat.write(content, self.path)
