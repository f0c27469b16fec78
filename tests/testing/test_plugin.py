"""The pytest plugin: cheap where nobody asks for it, clean where somebody does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ikas_explore as ikas
from ikas_explore.testing.plugin import SANITIZE
from ikas_explore.text.progress import Bar
from tests.testing.notebooks import code, notebook, stream, write

FIXTURES = """
def test_each_test_has_its_own(ikas_sandbox, ikas_store, ikas_receiver):
    assert len(ikas_store.webhooks.list()) == 2
    ikas_store.webhooks.save(ikas_receiver.endpoint, "store/order/created")
    ikas_receiver.status = [500, 200]
    ikas_sandbox.emit("store/order/created")
    ikas_sandbox.settle(timeout=20)
    assert ikas_receiver.deliveries()["signature_ok"].tolist() == [True, True]

def test_fresh_for_every_test(ikas_store, ikas_receiver):
    assert len(ikas_store.webhooks.list()) == 2
    assert len(ikas_receiver.deliveries()) == 0
"""

# psutil comes with ipykernel.
LEFT_BEHIND = """
import gc, psutil, threading, pytest, httpx, pandas, ikas_explore
from ikas_explore import Sandbox, Receiver, connect

with connect("sandbox") as store:  # what the first use of a library keeps is not the fixtures'
    store.webhooks.list()
before = {}

def look():
    gc.collect()
    process = psutil.Process()
    return {
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "sockets": len(process.net_connections()),
        "files": sorted(file.path for file in process.open_files()),
        "handles": process.num_fds() if hasattr(process, "num_fds") else 0,
        "children": len(process.children()),
    }

def pytest_runtest_logstart(nodeid):
    before[nodeid] = look()

def pytest_runtest_logfinish(nodeid):
    assert look() == before[nodeid]
    print("nothing left")
"""


def run(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, with our plugin and nbval where it is asked for: others take long."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    plugins = ["-p", "ikas-explore", *(["-p", "nbval"] if "--nbval" in options else [])]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.heavy
def test_pytest_loads_nothing_heavy_for_it() -> None:
    """It is loaded in every project of an environment that has this package."""
    program = (
        "import sys, ikas_explore.testing.plugin; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = "pandas numpy httpx graphql ipywidgets IPython nbval sgqlc uvicorn starlette stamina"
    assert not set(done.stdout.split()) & set(heavy.split())


@pytest.mark.heavy
def test_the_fixtures_are_fresh_and_leave_nothing_behind(tmp_path: Path) -> None:
    """No thread, socket, file, handle or process, looked at around every test."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "test_it.py").write_text(FIXTURES)
    (tmp_path / "conftest.py").write_text(LEFT_BEHIND)
    done = run(tmp_path, "-q", "-s", "-W", "error", TMPDIR=str(scratch))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("nothing left") == 2
    left = {path.name for path in tmp_path.iterdir()} - {"__pycache__"}
    assert left == {"scratch", "test_it.py", "conftest.py"}
    assert list(scratch.iterdir()) == []


@pytest.mark.heavy
def test_nothing_happens_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Plain nbval sees the environment as it is, and no rules of ours."""
    cell = code("import os\nprint(os.environ['IKAS_STORE'])", stream("of-mine\n"))
    write(tmp_path / "it.ipynb", notebook(cell))
    done = run(tmp_path, "--nbval", "--nbval-current-env", IKAS_STORE="of-mine")
    assert done.returncode == 0, done.stdout
    asked = run(tmp_path, "--nbval", "--nbval-current-env", "--ikas-sandbox", IKAS_STORE="of-mine")
    assert asked.returncode == 1
    assert "sandbox" in asked.stdout


@pytest.mark.heavy
def test_kernels_see_the_sandbox_and_no_setting_of_the_user(tmp_path: Path) -> None:
    """Tests in Python beside them keep their environment, and what they put into it."""
    (tmp_path / ".env").write_text("IKAS_JOURNAL=journal.jsonl\nIKAS_REFRESH_TOKEN=r\n")
    source = (
        "import json, os\nimport ikas_explore as ikas\n"
        "from ikas_explore.settings import read_variables\n"
        "names = [name for name in read_variables() if name.startswith('IKAS_')]\n"
        "print(sorted(names), repr(ikas.connect()).split('http')[0])"
    )
    ours = ["IKAS_DOTENV", "IKAS_FRAMES", "IKAS_PROGRESS", "IKAS_SANDBOX_SEED", "IKAS_STORE"]
    cell = code(source, stream(f"{ours} Store('sandbox', v1, \n"))
    write(tmp_path / "it.ipynb", notebook(cell))
    (tmp_path / "test_it.py").write_text(
        "import os\n"
        "def test_first():\n    os.environ['IKAS_ADDED'] = '1'\n"
        "    assert os.environ['IKAS_STORE'] == 'of-mine'\n"
    )
    (tmp_path / "test_last.py").write_text(
        "import os\n"
        "def test_last():\n    assert os.environ['IKAS_ADDED'] == '1'\n"
        "    assert os.environ['IKAS_STORE'] == 'of-mine'\n"
    )
    done = run(
        tmp_path,
        *("--nbval", "--nbval-current-env", "--ikas-sandbox"),
        *("test_it.py", "it.ipynb", "test_last.py"),
        IKAS_STORE="of-mine",
        IKAS_ACCESS_TOKEN="t",
        IKAS_API_VERSION="v2",
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


@pytest.mark.heavy
def test_frames_of_tests_in_python_are_recorded_too(tmp_path: Path) -> None:
    """Beside where pytest runs; without a record the test fails."""
    (tmp_path / "test_it.py").write_text(
        "from ikas_explore.testing import check_frame\n"
        "def test_it(ikas_store):\n    check_frame(ikas_store.webhooks.list(), 'webhooks')\n"
    )
    assert run(tmp_path).returncode == 1
    assert run(tmp_path, "--ikas-update").returncode == 0
    assert json.loads((tmp_path / "frames" / "webhooks.json").read_text("utf-8"))["key"]
    assert run(tmp_path).returncode == 0


@pytest.mark.heavy
def test_rules_of_the_user_come_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.cfg").write_text("[colour]\nregex: red|blue\nreplace: COLOUR\n")
    cell = code("print('blue 127.0.0.1:81')", stream("red 127.0.0.1:80\n"))
    write(tmp_path / "it.ipynb", notebook(cell))
    options = ("--nbval", "--nbval-current-env", "--ikas-sandbox")
    assert run(tmp_path, *options).returncode == 1
    assert run(tmp_path, *options, "--nbval-sanitize-with", "mine.cfg").returncode == 0


def sanitized(text: str) -> str:
    rules = re.findall(
        "^regex: (.*)$\n^replace: (.*)$", SANITIZE.read_text("ascii"), flags=re.MULTILINE
    )  # as nbval reads them
    assert len(rules) == SANITIZE.read_text("ascii").count("regex:")
    for regex, replace in rules:
        text = re.sub(regex, replace, text)
    return text


INFO_OF_PANDAS_2 = """\
<class 'pandas.core.frame.DataFrame'>
RangeIndex: 1 entries, 0 to 0
Data columns (total 3 columns):
 #   Column      Non-Null Count  Dtype··············
---  ------      --------------  -----··············
 0   id          1 non-null      object·············
 1   created_at  1 non-null      datetime64[ms, UTC]
 2   deleted     1 non-null      bool···············
dtypes: bool(1), datetime64[ms, UTC](1), object(1)
memory usage: 145.0+ bytes
""".replace("·", " ")  # spaces at the end
INFO_OF_PANDAS_3 = (
    INFO_OF_PANDAS_2.replace("pandas.core.frame.", "pandas.")
    .replace("object  ", "str     ")
    .replace("object(1)", "str(1)")
    .replace("145.0+", "204.0")
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2021-11-08 10:11:51.914000+00:00", "2026-01-01 00:00:00+00:00"),
        (
            "[Timestamp('2021-11-08 10:11:51.914000+0000', tz='UTC')]",
            "[Timestamp('2026-01-01', tz='UTC')]",
        ),
        ('{"createdAt": "2021-11-08T10:11:51.914Z"}', '{"createdAt": "2026-01-01T00:00:00.000Z"}'),
        ("'createdAt': 1636366311914,", "'createdAt': 1799999999999,"),
        ("saved at 10:11:51", "saved at 23:59:59.5"),
        ("http://127.0.0.1:8701/x", "http://localhost:65535/x"),
        ("pandas 2.2.3, Python 3.11.7", "pandas 3.1.1rc1, Python 3.13.0"),
        ("took 12.5 ms", "took 3 s"),
        ("saved 4 years ago", "saved 1 day ago"),
        ("Name: scope, dtype: object", "Name: scope, dtype: str"),
        ("Index(['a'], dtype='object')", "Index(['a'], dtype='str')"),
        ("scope    object\nid       object\n", "scope    str\nid       str\n"),
        ("dtype: datetime64[ns, UTC]", "dtype: datetime64[ms, UTC]"),
        (INFO_OF_PANDAS_2, INFO_OF_PANDAS_3),
        ("<td>None</td>", "<td>NaN</td>"),
        ("<object at 0x7f8a1c2b3d40>", "<object at 0x55d0c2b3d4>"),
        ("<style>#T_1a2b3_row0", "<style>#T_99999_row0"),
        ("  scope   time", " scope time"),
    ],
)
def test_the_rules_overlook_what_differs_between_runs(one: str, other: str) -> None:
    assert sanitized(one) == sanitized(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/ikas", "https://b.example/ikas"),
        ("store/order/created", "store/order/updated"),
        ("331f40ad-58a5-4b25-b060-15e6ce57fc9f", "331f40ad-58a5-4b25-b060-15e6ce57fc90"),
        ("http://10.0.0.1/", "http://10.0.0.2/"),
        ("2 webhooks", "3 webhooks"),
        ("status 200", "status 500"),
        ("'totalFinalPrice': 3672.5", "'totalFinalPrice': 3672.6"),
        ("True", "False"),
        ("Nonexistent", "NaNexistent"),
        ("objects", "strs"),
        (INFO_OF_PANDAS_2, INFO_OF_PANDAS_3.replace("1 non-null", "0 non-null")),
        (INFO_OF_PANDAS_2, INFO_OF_PANDAS_3.replace("created_at", "updated_at")),
    ],
)
def test_the_rules_overlook_nothing_else(one: str, other: str) -> None:
    assert sanitized(one) != sanitized(other)


def test_printed_frames_are_the_same_whatever_the_unit_of_their_times() -> None:
    """Another unit prints other digits, so other widths."""
    with ikas.connect("sandbox") as store:
        frame = store.webhooks.list()[["scope", "created_at"]]
    for unit in ("us", "ns"):
        other = frame.astype({"created_at": f"datetime64[{unit}, UTC]"})
        assert sanitized(repr(other)) == sanitized(repr(frame))
        assert sanitized(other.to_html()) == sanitized(frame.to_html())
        assert sanitized(repr(other.dtypes)) == sanitized(repr(frame.dtypes))
    text: Any = frame.astype({"scope": object})
    assert sanitized(repr(text["scope"])) == sanitized(repr(pd.Series(text["scope"], dtype="str")))


def test_no_bar_shows_where_notebooks_are_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether it does depends on how fast the machine is."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Bar("stores", delay=0) as bar:
        bar(1, 4)
    assert "1 of 4 stores" in capsys.readouterr().err
    monkeypatch.setenv("IKAS_PROGRESS", "off")
    with Bar("stores", delay=0) as bar:
        bar(1, 4)
    assert capsys.readouterr().err == ""
