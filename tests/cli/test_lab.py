"""``ikas-explore lab``: JupyterLab answers, on notebooks that point at the sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ikas_explore.cli.notebooks import find_notebooks
from tests.cli.running import run
from tests.waiting import until

ROOT = Path(__file__).parents[2]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    home = {"HOME": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    # As the command is installed: `python -m` would look into the working folder by itself.
    program = "from ikas_explore.cli import app; app(prog_name='ikas-explore')"
    command = [sys.executable, "-P", "-c", program, "lab", "--no-browser", *options]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **home, "IKAS_ACCESS_TOKEN": "of-a-real-store"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def answering(process: subprocess.Popen[str]) -> Iterator[httpx.Client]:
    """Wait until JupyterLab answers where it says it is; give a client, and end JupyterLab."""
    assert process.stdout is not None
    said = ""
    try:
        while not (
            found := re.search(r"(http://(?:localhost|127\.0\.0\.1):\d+)\S*token=(\w+)", said)
        ):
            line = process.stdout.readline()
            assert line, said
            said += line
        threading.Thread(target=process.stdout.read, daemon=True).start()
        with httpx.Client(base_url=found[1], params={"token": found[2]}, trust_env=False) as client:
            until(lambda: listens(client))  # it says so before it does
            yield client
    finally:
        process.terminate()
        process.wait(30)


def listens(client: httpx.Client) -> bool:
    try:
        client.get("/api")
    except httpx.ConnectError:
        return False
    return True


def names(client: httpx.Client) -> set[str]:
    return {each["name"] for each in client.get("/api/contents").json()["content"]}


#: What would run with the user's token if JupyterLab looked for modules in the working folder.
PLANTED = ("jupyterlab", "jupyter_server", "tornado", "sitecustomize", "json", "ipykernel")
CONFIGURATIONS = ("jupyter_config", "jupyter_lab_config", "jupyter_server_config")


@pytest.mark.heavy
def test_lab_serves_the_users_notebooks_on_the_sandbox_and_runs_nothing_of_the_folder(
    tmp_path: Path,
) -> None:
    """It writes no examples into a folder of the user, in whose CI they would run."""
    (tmp_path / ".env").write_text("IKAS_STORE=of-a-real-store\n")
    planted = "import os, pathlib\npathlib.Path('ran.txt').write_text(__file__)\n"
    for name in (*PLANTED, *CONFIGURATIONS):
        (tmp_path / f"{name}.py").write_text(planted)
    (tmp_path / "notebooks").mkdir()
    mine = tmp_path / "notebooks" / "02_query.ipynb"
    mine.write_text("{}")
    with start(tmp_path) as process, answering(process) as client:
        assert names(client) == {"02_query.ipynb"}
        assert client.get("/lab").status_code == 200
        kernel = client.post("/api/kernels").json()["id"]
        environment = until(lambda: kernel_environment(process.pid))
        assert environment["IKAS_STORE"] == "sandbox"
        assert "PYTHONSAFEPATH" not in environment  # it finds modules beside its notebook
        client.delete(f"/api/kernels/{kernel}")
    assert not (tmp_path / "ran.txt").exists()
    assert mine.read_text() == "{}"
    assert [path.name for path in (tmp_path / "notebooks").iterdir()] == ["02_query.ipynb"]


@pytest.mark.heavy
def test_examples_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    mine = tmp_path / "mine" / "02_query.ipynb"
    mine.write_text("{}")
    with start(tmp_path, "--examples", "mine") as process, answering(process) as client:
        assert {"01_first_look.ipynb", "02_query.ipynb"} <= names(client)
    assert mine.read_text() == "{}", "what is there is never overwritten"
    recorded = {path.name for path in (ROOT / "notebooks" / "frames").iterdir()}
    assert {path.name for path in (tmp_path / "mine" / "frames").iterdir()} == recorded
    assert not (tmp_path / "notebooks").exists()


def test_without_notebooks_the_folder_itself_is_opened_and_examples_are_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find_notebooks(tmp_path) == tmp_path
    assert "lab --examples FOLDER" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
    assert find_notebooks(ROOT) == ROOT / "notebooks"  # in a clone: the README's first command
    assert capsys.readouterr().err == ""


def test_examples_that_cannot_be_written_are_an_error_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("lab", "--examples", "file/below")
    assert done.returncode == 1
    assert done.stderr.startswith("StorageError: ")
    assert "cannot be written" in done.stderr


def kernel_environment(pid: int) -> dict[str, str]:
    """Return the environment of a child of JupyterLab; empty while there is none."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if f"\nPPid:\t{pid}\n" in status.read_text():
                raw = (status.parent / "environ").read_bytes().decode()
                return dict(line.split("=", 1) for line in raw.split("\0") if "=" in line)
        except (FileNotFoundError, ProcessLookupError):  # it ended while it was looked at
            continue
    return {}


def test_a_store_can_be_named(tmp_path: Path) -> None:
    with start(tmp_path, "--store", "Not A Name") as process:
        assert process.stdout is not None
        assert "not a store name" in process.stdout.read()
    assert process.returncode == 1


if not Path("/proc/self/environ").exists():  # how a kernel's environment is looked at
    pytestmark = pytest.mark.skip(reason="needs /proc")
