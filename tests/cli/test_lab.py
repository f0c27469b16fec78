"""``ikas-explore lab``: JupyterLab answers, on notebooks that point at the sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.waiting import until

ROOT = Path(__file__).parents[2]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    home = {"HOME": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    command = [sys.executable, "-m", "ikas_explore", "lab", "--no-browser", *options]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **home, "IKAS_ACCESS_TOKEN": "of-a-real-store"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.heavy
def test_lab_serves_the_notebooks_and_points_them_at_the_sandbox(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("IKAS_STORE=of-a-real-store\n")
    (tmp_path / "notebooks").mkdir()
    mine = tmp_path / "notebooks" / "02_query.ipynb"
    mine.write_text("{}")
    with start(tmp_path) as process:
        try:
            assert process.stdout is not None
            said = ""
            while not (
                found := re.search(r"(http://(?:localhost|127\.0\.0\.1):\d+)\S*token=(\w+)", said)
            ):
                line = process.stdout.readline()
                assert line, said
                said += line
            threading.Thread(target=process.stdout.read, daemon=True).start()
            base, token = found[1], {"token": found[2]}
            with httpx.Client(base_url=base, params=token, trust_env=False) as client:
                names = {each["name"] for each in client.get("/api/contents").json()["content"]}
                assert {"01_first_look.ipynb", "02_query.ipynb"} <= names
                assert client.get("/lab").status_code == 200
                kernel = client.post("/api/kernels").json()["id"]
                environment = until(lambda: kernel_environment(process.pid))
                assert environment["IKAS_STORE"] == "sandbox"
                client.delete(f"/api/kernels/{kernel}")
        finally:
            process.terminate()
            process.wait(30)
    assert mine.read_text() == "{}", "what is there is never overwritten"
    recorded = {path.name for path in (ROOT / "notebooks" / "frames").iterdir()}
    assert {path.name for path in (tmp_path / "notebooks" / "frames").iterdir()} == recorded


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
