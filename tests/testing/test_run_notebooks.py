"""``ikas-explore run-notebooks``: what is saved is what the check in CI expects."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import COMMAND, run, variables
from tests.testing.notebooks import code, notebook, write

ASKS = "import ikas_explore as ikas\nstore = ikas.connect()\nprint(store.sandbox.client_id)"
FAILS = "raise ValueError('k3y-0f-a-shop-77')"
WIDGET = "import ipywidgets\nipywidgets.IntSlider()"


def outputs(path: Path) -> list[Any]:
    return [cell["outputs"] for cell in json.loads(path.read_text("utf-8"))["cells"]]


@pytest.mark.heavy
def test_a_notebook_is_executed_in_place_on_the_sandbox_of_the_check(tmp_path: Path) -> None:
    """Whatever store the environment names; a notebook that fails stays as it was."""
    good = write(tmp_path / "good.ipynb", notebook(code(ASKS), code(WIDGET, count=2)))
    bad = write(tmp_path / "a" / "bad.ipynb", notebook(code(FAILS)))
    before = bad.read_text("utf-8")
    done = run(
        "run-notebooks",
        str(tmp_path),
        IKAS_STORE="shop",
        IKAS_ACCESS_TOKEN="a token",
        SHOP_TOKEN="k3y-0f-a-shop-77",
    )
    assert done.returncode == 1
    assert "good.ipynb" in done.stdout
    assert "bad.ipynb failed: ValueError: ***" in done.stderr.replace("\n", " ")
    assert "k3y-0f-a-shop-77" not in done.stdout + done.stderr
    assert bad.read_text("utf-8") == before
    printed, widget = outputs(good)
    again = run("run-notebooks", str(good))
    assert again.returncode == 0
    assert outputs(good)[0] == printed
    assert printed[0]["text"][0].strip()
    assert [list(output["data"]) for output in widget] == [["text/plain"]]
    cells = json.loads(good.read_text("utf-8"))["cells"]
    assert [cell["execution_count"] for cell in cells] == [1, 2]
    assert all(cell["metadata"] == {} for cell in cells)


@pytest.mark.heavy
def test_a_kernel_that_does_not_start_is_said_in_a_line(tmp_path: Path) -> None:
    """As that of a notebook from another machine, or with a module of that name beside it."""
    other = notebook(code("x"))
    other["metadata"]["kernelspec"] = {"name": "my-venv", "display_name": "", "language": "python"}
    path = write(tmp_path / "other.ipynb", other)
    done = run("run-notebooks", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("other.ipynb failed: No such kernel named my-venv\n")
    with pytest.raises(KeyboardInterrupt):  # Ctrl-C works as before
        signal.raise_signal(signal.SIGINT)
    (tmp_path / "ipykernel_launcher.py").write_text("raise SystemExit")
    write(path, notebook(code("x")))
    # In a process of its own, at whose end nbclient would complain.
    command = [*COMMAND, "run-notebooks", str(path)]
    done = subprocess.run(command, env=variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "other.ipynb failed: Kernel died" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_notebook_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{", "utf-8")
    assert run("run-notebooks", str(broken)).returncode == 1
    missing = run("run-notebooks", str(tmp_path / "none.ipynb"))
    assert missing.returncode == 2
    assert "does not exist" in missing.stderr
