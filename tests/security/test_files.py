"""Files on a machine that others use too, and what is printed of others' texts."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.cli.notebooks import find_notebooks, write_examples
from ikas_explore.client.operations import Registrations
from ikas_explore.frames.snapshots import read_snapshot, write_snapshot
from ikas_explore.manage.journal import Journal
from tests.security.promises import does_not, holds

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")

ORDER = "store/order/created"


@pytest.fixture(autouse=True)
def open_to_all() -> object:
    """The umask of somebody who shares everything."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@holds("Only you can read the files of sandbox, receiver and journal, and snapshots.")
def test_files_are_for_their_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = tmp_path / "home" / ".ikas-explore" / "journal.jsonl"
    monkeypatch.setenv("IKAS_JOURNAL", str(journal))
    folder = tmp_path / "kept"
    folder.mkdir()
    with (
        ikas.Sandbox(folder / "sandbox.db") as sandbox,
        ikas.Receiver(sandbox.client_secret, path=folder / "receiver.db") as receiver,
        ikas.connect(sandbox) as store,
    ):
        store.webhooks.save(receiver.endpoint, ORDER)
        sandbox.emit(ORDER)
        sandbox.settle()
        for ending in (".csv", ".parquet"):
            write_snapshot(store.webhooks.list(), folder / f"today{ending}")
        files = [path for path in folder.iterdir() if path.is_file()]
        # The -wal files hold rows as well; there is no -shm.
        assert {path.name for path in files} == {
            *("sandbox.db", "sandbox.db-wal", "receiver.db", "receiver.db-wal"),
            *("today.csv", "today.parquet"),
        }
        assert {path.name: oct(mode(path)) for path in files} == {
            path.name: "0o600" for path in files
        }
    assert mode(journal) == 0o600
    assert mode(journal.parent) == 0o700


def test_a_file_that_was_open_to_all_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "today.csv"
    path.touch(0o666)
    with ikas.connect("sandbox") as store:
        write_snapshot(store.webhooks.list(), path)
    assert mode(path) == 0o600


@holds("A link in the place of a snapshot is replaced, not followed.")
def test_a_snapshot_is_not_written_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("today.csv", "today.csv.part"):
        (tmp_path / name).symlink_to(victim)
    with ikas.connect("sandbox") as store:
        write_snapshot(store.webhooks.list(), tmp_path / "today.csv")
    assert victim.read_text() == "mine"
    assert len(read_snapshot(tmp_path / "today.csv")) == 2


CONTENTS = [
    *("alias ls='ls'\n", "no line end", "{}\n", '{"other": 1}\n', '{"write":"everything"}'),
    *("{", '{\n  "write": {}\n}\n', '{"write":{}}\n', "{\n}"),
]


@holds("A file that is not a journal is not changed, even if `IKAS_JOURNAL` names it.")
@pytest.mark.parametrize("content", CONTENTS)
def test_a_journal_leaves_other_files_alone(content: str, tmp_path: Path) -> None:
    path = tmp_path / ".bashrc"
    path.write_text(content)
    path.chmod(0o644)
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        entry_of = Journal(path, base_url=store.base_url).write
        with (
            pytest.raises(errors.StorageError, match="holds something else"),
            entry_of(Registrations(store.client), [ORDER], endpoint="https://example.com/"),
        ):
            pytest.fail("the write was begun")
    assert path.read_text() == content
    assert mode(path) == 0o644


@holds("A `.env` file cannot name a journal: `undo` would carry out somebody else's writes.")
def test_a_dotenv_file_names_no_journal() -> None:
    Path(".env").write_text("IKAS_JOURNAL=journal.jsonl\n")
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        store.webhooks.save("https://example.com/", ORDER)
        assert store.webhooks.journal.path is None
    assert not Path("journal.jsonl").exists()


@pytest.mark.parametrize("name", ["sandbox.db", "receiver.db"])
def test_a_file_behind_a_link_is_for_its_owner_from_the_first_moment_on(
    name: str, tmp_path: Path
) -> None:
    """SQLite made it, with the rights of the umask, and it was closed only later."""
    (tmp_path / name).symlink_to(tmp_path / "target.db")
    seen: list[int] = []
    real = Path.chmod

    def chmod(self: Path, bits: int) -> None:
        seen.append(mode(self))
        real(self, bits)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "chmod", chmod)
        made = ikas.Sandbox if name == "sandbox.db" else ikas.Receiver
        made(path=tmp_path / name).close()
    assert set(seen) == {0o600}
    assert mode(tmp_path / "target.db") == 0o600


@holds("Another user's log, journal or notebook in a folder that everybody can write is refused.")
def test_what_another_user_laid_into_an_open_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.touch()
    database = tmp_path / "sandbox.db"
    database.touch()
    (tmp_path / "notebooks").mkdir()
    me = os.geteuid()
    if me == 0:
        os.chown(journal, 4242, 4242)
        os.chown(database, 4242, 4242)
        os.chown(tmp_path / "notebooks", 4242, 4242)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert Journal(journal).entries() == []  # a folder that others cannot write to
    tmp_path.chmod(0o1777)
    with pytest.raises(errors.StorageError, match="belongs to another user"):
        Journal(journal).entries()
    with pytest.raises(errors.StorageError, match="belongs to another user"):
        find_notebooks(tmp_path)
    with pytest.raises(errors.StorageError, match="belongs to another user"):
        write_examples(tmp_path / "notebooks")
    for make in (ikas.Sandbox, ikas.Receiver):
        with pytest.raises(errors.StorageError, match="belongs to another user"):
            make(path=database)
    inner = tmp_path / "notebooks" / "journal.jsonl"  # a file in a folder they laid
    inner.touch()
    (tmp_path / "mine").symlink_to(journal)
    for path in (inner, tmp_path / "mine"):
        with pytest.raises(errors.StorageError, match="belongs to another user"):
            Journal(path).entries()


def test_notebooks_are_not_copied_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_query.ipynb").symlink_to(tmp_path / "victim")
    write_examples(tmp_path / "notebooks")
    assert not (tmp_path / "victim").exists()
    assert (tmp_path / "notebooks" / "01_first_look.ipynb").exists()


@pytest.mark.parametrize("torn", ["", '{"wri', '{"write":{"id":"1"'])
def test_a_journal_whose_first_entry_is_torn_is_gone_on_with(torn: str, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(torn)
    with ikas.Sandbox() as sandbox, ikas.connect(sandbox) as store:
        journal = Journal(path, base_url=store.base_url)
        with journal.write(Registrations(store.client), [ORDER], endpoint="https://example.com/"):
            pass
        assert len(journal.entries()) == 1


@does_not("Reports are written with the rights of your umask, because you pass them on.")
def test_a_report_is_written_as_the_umask_says(tmp_path: Path) -> None:
    os.umask(0o022)
    with ikas.connect("sandbox") as store:
        store.webhooks.save("https://a.example.com/?token=canary-1234", ORDER)
        store.webhooks.audit().to_html(tmp_path / "report.html")
    assert mode(tmp_path / "report.html") == 0o644


@holds("Reports mask passwords in endpoints, and tokens recognised by name or form.")
@pytest.mark.parametrize(
    "rest",
    [
        *("?token=canary", "?x[token]=canary", "?%74oken=canary", "?page=1;token=canary"),
        *("?access_key=canary", "?subscription-key=canary", "?accessKey=canary", "?pass=canary"),
        *("p;jsessionid=canary?page=1", "?token=x;canary", "?to=https://b.example/?token=canary"),
        *("services/T0ABCDEF1/B0CDEFGH2/canary1234567890XyZabc", "#access_token=canary&page=1"),
    ],
)
def test_reports_mask_secrets_in_endpoints(rest: str) -> None:
    with ikas.connect("sandbox") as store:
        store.webhooks.save(f"https://me:canary@a.example.com/{rest}", ORDER)
        audit = store.webhooks.audit({"allowed_hosts": ["b.example.com"]})
    for report in (audit.to_html(), audit.to_markdown(), audit.to_junit()):
        assert "a.example.com" in report
        assert "canary" not in report


@does_not("Reports show a token in an endpoint when its name does not say what it is, as in `?t=`.")
def test_reports_show_what_does_not_look_like_a_secret() -> None:
    with ikas.connect("sandbox") as store:
        store.webhooks.save("https://a.example.com/?t=canary", ORDER)
        assert "canary" in store.webhooks.audit({"allowed_hosts": ["b.example.com"]}).to_html()


@does_not("Frames, CSV, Parquet and the journal show endpoints unchanged, with any tokens in them.")
def test_a_frame_shows_endpoints_as_they_are(tmp_path: Path) -> None:
    with ikas.connect("sandbox") as store:
        store.webhooks.save("https://a.example.com/?token=canary-2", ORDER)
        frame = store.webhooks.list()
    assert frame["endpoint"].str.contains("canary-2").any()
    assert "canary-2" in write_snapshot(frame, tmp_path / "a.csv").read_text()


@holds("Parquet is not read with a pyarrow before 14.0.1, which runs code in it (CVE-2023-47248).")
def test_parquet_is_not_read_with_a_pyarrow_that_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "today.parquet"
    with ikas.connect("sandbox") as store:
        write_snapshot(store.webhooks.list(), path)
    assert len(read_snapshot(path)) == 2
    for version in ("13.0.0", "14.0.0", "0.14.0"):
        monkeypatch.setattr(pa, "__version__", version)
        with pytest.raises(errors.StorageError, match=r"14\.0\.1"):
            read_snapshot(path)


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u009b31m\u202e"


@does_not("A frame printed in a terminal shows the control characters that others wrote into it.")
def test_a_frame_shows_control_characters_as_they_are() -> None:
    with ikas.Receiver() as receiver:
        keys = ("authorizedAppId", "createdAt", "data", "id", "merchantId", "scope", "signature")
        httpx.post(receiver.endpoint, json=dict.fromkeys(keys, HOSTILE), trust_env=False)
        assert "\x1b" in receiver.deliveries()[["scope"]].to_string()


@holds("Commands print control characters as escapes, so that they cannot control your terminal.")
def test_a_delivery_cannot_steer_the_terminal() -> None:
    """`receive` prints what any program on this machine sends."""
    keys = ("authorizedAppId", "createdAt", "data", "id", "merchantId", "scope", "signature")
    payload = {**dict.fromkeys(keys, HOSTILE), "createdAt": "2026-01-01T00:00:00Z"}
    for options in ([], ["--json"]):
        command = [sys.executable, "-m", "ikas_explore", "receive", "--count", "1", *options]
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            first = process.stdout.readline().decode()
            url = next(
                word.strip('",}') for word in first.split() if word.strip('"').startswith("http:")
            )
            httpx.post(url, json=payload, trust_env=False)
            printed = process.stdout.read().decode()
        assert "owned" in printed
        assert all(each.isprintable() for each in printed.replace("\n", ""))


@holds("JupyterLab, as `lab` starts it, imports nothing from the working folder.")
@pytest.mark.heavy
def test_a_module_in_the_working_folder_is_not_imported(tmp_path: Path) -> None:
    for name in ("jupyterlab", "jupyter_core", "traitlets", "json", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("open('ran.txt', 'w').write(__file__)\n")
    program = "from ikas_explore.cli import app; app(prog_name='ikas-explore')"
    command = [sys.executable, "-P", "-c", program, "lab", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", done.stdout), done.stderr  # of JupyterLab
    assert not (tmp_path / "ran.txt").exists()
