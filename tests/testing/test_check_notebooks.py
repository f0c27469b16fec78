"""``ikas-explore check-notebooks``: what it finds, where, and that it shows no secret itself."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd
import pytest
import yaml

import ikas_explore as ikas
from ikas_explore import errors
from ikas_explore.testing.notebooks import RULES, check_notebooks
from ikas_explore.testing.recorded_frames import record_text, take_record
from tests.cli.running import run as run_command
from tests.testing.notebooks import code, error, markdown, notebook, result, stream, write

ROOT = Path(__file__).parents[2]

JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"1234567890"}', b"signature of 32 bytes")
)
CLIENT_SECRET = "s_" + "0a1b2c3d" * 8
PASSWORD = "correct-horse-9"
EMAIL = "ayse.yilmaz@posta.com.tr"
KNOWN = {"IKAS_CLIENT_SECRET": 'geheim&<1>"x', "SHOP_TOKEN": "0123456789-of-a-shop"}


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_command("check-notebooks", *map(str, arguments), **environment)


def found(content: dict[str, Any], tmp_path: Path, **options: Any) -> list[tuple[str, str]]:
    path = write(tmp_path / "it.ipynb", content)
    return [(each.where, each.rule) for each in check_notebooks([path], **options)]


def widget(model: str, **state: Any) -> dict[str, Any]:
    models = {"0f": {"model_name": model, "state": state}}
    return {"application/vnd.jupyter.widget-state+json": {"state": models, "version_major": 2}}


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (notebook(code(f'token = "{JWT}"')), "cell 1, line 1"),
        (notebook(code(f'import os\nx = "{CLIENT_SECRET}"')), "cell 1, line 2"),
        (notebook(markdown(f"Use {JWT}")), "cell 1, line 1"),
        (notebook(code("p", stream(f"a\n{CLIENT_SECRET}"))), "cell 1, output 1 (stdout)"),
        (notebook(code("p", stream(JWT, "stderr"))), "cell 1, output 1 (stderr)"),
        (
            notebook(code("p", result(text_html=["<td>", f"{JWT}</td>"]))),
            "cell 1, output 1 (text/html)",
        ),
        (
            notebook(code("p", result(application_json={"access_token": PASSWORD}))),
            "cell 1, output 1 (application/json)",
        ),
        (
            notebook(code("p", error("no", "Traceback", f"\x1b[31m{JWT[:9]}\x1b[0m{JWT[9:]}"))),
            "cell 1, output 1 (traceback)",
        ),
        (
            notebook(widgets=widget("TextModel", value=f"https://a:{PASSWORD}@b.example/")),
            "widget TextModel, state.value",
        ),
        (notebook(widgets=widget("PasswordModel", value=PASSWORD)), "widget PasswordModel"),
        (
            notebook(papermill={"parameters": {"client_secret": PASSWORD}}),
            "notebook, metadata.papermill.parameters.client_secret",
        ),
        (notebook(code("p", note=JWT)), "cell 1, metadata.note"),
        (notebook(code(f'url = "https://me:{PASSWORD}@erp.example/"')), "cell 1, line 1"),
        (notebook(code(f'url = "https://x.example/?a=1&token={PASSWORD}"')), "cell 1, line 1"),
        (
            notebook(code("p", result(text_html=f"https://x.example/?a=1&amp;key={PASSWORD}"))),
            "cell 1, output 1 (text/html)",
        ),
        (notebook(code(f'connect(access_token="{PASSWORD}")')), "cell 1, line 1"),
        (notebook(code(f"os.environ['IKAS_CLIENT_SECRET'] = '{PASSWORD}'")), "cell 1, line 1"),
        (notebook(code(f"%env IKAS_ACCESS_TOKEN={PASSWORD}")), "cell 1, line 1"),
        (notebook(code(f"!curl -H 'Authorization: Bearer {'a1' * 10}'")), "cell 1, line 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_secrets_are_found_by_their_form(
    content: dict[str, Any], where: str, tmp_path: Path
) -> None:
    assert found(content, tmp_path) == [(where, "secret")]


@pytest.mark.parametrize(
    "source",
    [
        'ikas.connect(access_token=os.environ["IKAS_ACCESS_TOKEN"])',
        'client_secret = "client secret"',
        'curl --header "Authorization: Bearer $IKAS_ACCESS_TOKEN"',
        'url = f"https://{user}:{password}@erp.example/"',
        'url = "https://***@erp.example/?token=***"',
        "git clone git@github.com:ikas/x.git ssh://git@github.com/ikas/x.git",
        'token = "your-token-goes-here"',
        'token = "sandbox-access-ce052fb2eef1a01ed328bd5613ec202b653c42bf51dc6fea"',
        "webhooks[['scope', 'endpoint']].assign(secret=1)  # me@example.com",
        "Basic responsibilities: bearer of authentication-tokens",
        "331f40ad-58a5-4b25-b060-15e6ce57fc9f",
    ],
)
def test_what_is_no_secret_is_left_alone(source: str, tmp_path: Path) -> None:
    assert found(notebook(code(source, stream(source))), tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        KNOWN["IKAS_CLIENT_SECRET"],
        "geheim%26%3C1%3E%22x",
        "geheim&amp;&lt;1&gt;&quot;x",
        r"geheim&<1>\"x",
        f"<{KNOWN['SHOP_TOKEN']}>",
    ],
    ids=["plain", "URL", "HTML", "JSON", "another variable"],
)
def test_secrets_of_the_environment_are_found_however_they_are_written(
    text: str, tmp_path: Path
) -> None:
    content = notebook(code("p", stream(text)))
    assert found(content, tmp_path) == []
    place = ("cell 1, output 1 (stdout)", "secret")
    assert found(content, tmp_path, environment=KNOWN) == [place]


def test_a_cell_that_shows_an_example_says_so(tmp_path: Path) -> None:
    """But what the environment holds is no example."""
    content = notebook(code("p", stream(CLIENT_SECRET), tags=["ikas-example-secret"]))
    assert found(content, tmp_path) == []
    known = {"IKAS_CLIENT_SECRET": CLIENT_SECRET}
    assert found(content, tmp_path, environment=known) == [("cell 1, output 1 (stdout)", "secret")]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1, 2, 3], []),
        ([1, 2, 5], []),
        ([1, None, 2], [("cell 2", "never-executed")]),
        ([2, 1, 3], [("cell 2", "out-of-order")]),
        ([1, 1], [("cell 2", "out-of-order")]),
    ],
)
def test_cells_are_executed_in_their_order(
    counts: list[int | None], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert found(notebook(*(code("x", count=count) for count in counts)), tmp_path) == expected


def test_an_empty_cell_needs_no_execution(tmp_path: Path) -> None:
    assert found(notebook(code("x"), code(" \n", count=None), markdown("x")), tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "/home/ayse/shop/x.csv",
        "File /Users/ayse/x.py:3",
        "C:\\Users\\ayse\\x.csv",
        "file:///root" + "/x",
        "/opt/conda/lib/python3.11/site-packages/pandas/core.py",
    ],
)
def test_machine_paths_are_found(text: str, tmp_path: Path) -> None:
    place = [("cell 1, output 1 (stdout)", "machine-path")]
    assert found(notebook(code("x", stream(text))), tmp_path) == place
    assert found(notebook(code("x", error("no", text))), tmp_path)[0][1] == "machine-path"


def test_the_folder_of_this_machine_is_a_machine_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unusual = tmp_path / "unusual"
    unusual.mkdir()
    monkeypatch.chdir(unusual)
    content = notebook(code("x", stream(f"see {unusual}")))
    assert found(content, tmp_path) == [("cell 1, output 1 (stdout)", "machine-path")]


@pytest.mark.parametrize("text", ["https://a.example/home/x", "./tmp/x", "~/x", "store/order"])
def test_what_is_no_machine_path_is_left_alone(text: str, tmp_path: Path) -> None:
    assert found(notebook(code("x", stream(text))), tmp_path) == []


def test_a_limit_of_outputs_is_refused_and_says_what_to_use(tmp_path: Path) -> None:
    """It was checked until 0.1: silence would be taken for health."""
    path = write(tmp_path / "it.ipynb", notebook(code("x")))
    done = run(path, "--max-output", "700000")
    assert done.returncode == 2
    assert "nbstripout --max-size" in done.stderr
    with pytest.raises(errors.InvalidArgumentError, match="nbstripout --max-size"):
        check_notebooks([path], max_output=700_000)  # type: ignore[arg-type]  # a call of before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (EMAIL, "e-mail address: ***@posta.com.tr"),
        (f"1  {EMAIL}\n2  ali+a@gmail.com\n3  {EMAIL}", "***@posta.com.tr, and 1 more"),
        ("mailto:ali@gmail.com", "***@gmail.com"),
        ("<td>ali@gmail.com</td>", "***@gmail.com"),
        ("ali&#64;gmail.com", "***@gmail.com"),
        ("çağla@müşteri.com", "***@müşteri.com"),
        ("ali@example.community", "***@example.community"),
        ("+90 532 123 45 67", "phone number: +90… (12 digits)"),
        ("<td>+905321234567</td>", "+90… (12 digits)"),
        ("+1 (212) 555-0147", "(11 digits)"),
        ("+49 30 901820", "(10 digits)"),
        ("0532 123 45 67", "053… (11 digits)"),
        ("05321234567", "(11 digits)"),
        ("0 (212) 123 45 67", "(11 digits)"),
        ("532 123 45 67", "(10 digits)"),
        ("(532) 123 45 67", "(10 digits)"),
        ('{"phone": "5321234567"}', "(10 digits)"),
        ("{'phoneNumber': '5321234567'}", "(10 digits)"),
    ],
)
def test_personal_data_in_outputs_is_found_and_masked(text: str, said: str, tmp_path: Path) -> None:
    path = write(tmp_path / "it.ipynb", notebook(code("x", stream(text))))
    (finding,) = check_notebooks([path])
    assert (finding.where, finding.rule) == ("cell 1, output 1 (stdout)", "personal-data")
    assert said in finding.message
    assert not re.search(r"ayse|\bali|çağla|\d{4}", finding.message)
    assert check_notebooks([path], ignore=["personal-data"]) == []
    record = tmp_path / "it.json"
    record.write_text(json.dumps({"rows": [text]}, ensure_ascii=False), "utf-8")
    assert [each.rule for each in check_notebooks([record])] == ["personal-data"]
    shown = notebook(widgets=widget("HTMLModel", value=text))
    assert found(shown, tmp_path) == [("widget HTMLModel, state.value", "personal-data")]


@pytest.mark.parametrize(
    "text",
    [
        "ali@example.com ali@shop.example.com ali@example ali@shop.test ali@x.invalid",
        "git@github.com:ikas/x.git ssh://git@github.com/ikas/x.git",
        "jquery@3.5.1 @jupyter-widgets/base logo@2x.png W@x.dot(y) 5 @ 12.50",
        "masked-3f2a91bc0d11 331f40ad-58a5-4b25-b060-05321234567f",
        "1700000000000 5321234567 0.05321234567 1e+905321234567",
        "2026-11-01 12:00:00+03:00 +2026-11-01 12:00:00 +20261101",
        "+90555000" + "1234",
        "127.0.0.1 10.255.123.045 [0.212 123 45]",
        "@" * 300_000,
        "+1" * 300_000,
        "a." * 300_000,
        "a@a." * 200_000,
        "0 (" * 200_000,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_nobodys_data_is_left_alone(text: str, tmp_path: Path) -> None:
    assert found(notebook(code("x", stream(text))), tmp_path) == []


def test_personal_data_is_looked_for_where_data_is_shown(tmp_path: Path) -> None:
    written = notebook(
        markdown(f"Ask {EMAIL}"),
        code(f'where(email="{EMAIL}")'),
        authors=[{"email": EMAIL}],
    )
    assert found(written, tmp_path) == []
    example = code("x", stream(EMAIL), tags=["ikas-example-secret"])
    assert found(notebook(example), tmp_path) == []


def test_a_sandbox_has_nobodys_data(tmp_path: Path) -> None:
    with ikas.connect("sandbox") as store:
        assert store.sandbox is not None
        store.sandbox.fill(orders=60, days=5)
        names = ["customer.email", "customer.phone", "shippingAddress.phone"]
        frame = store.query("listOrder").select(*names).to_frame()
    assert frame["customer.phone"].notna().all()
    shown = code("frame", stream(frame.to_csv()), result(text_html=frame.to_html()))
    assert found(notebook(shown), tmp_path) == []


@pytest.mark.parametrize(
    "outputs", [(), (stream("kept"),)], ids=["nbstripout", "nbstripout --keep-output"]
)
def test_a_stripped_notebook_is_well(outputs: tuple[Any, ...], tmp_path: Path) -> None:
    """It has no number of execution at all, so there is no order that could be wrong."""
    cells = [code("x", *outputs, count=None), code("y", count=None)]
    assert found(notebook(*cells), tmp_path) == []
    leaking = notebook(*cells, code(f'token = "{JWT}"', count=None))
    assert found(leaking, tmp_path) == [("cell 3, line 1", "secret")]


def test_a_rule_can_be_left_out(tmp_path: Path) -> None:
    cells = (
        code("x", stream("/home/ayse/x")),
        code("y", count=None),
        code("z", stream(f"{JWT} {EMAIL}")),
    )
    path = write(tmp_path / "it.ipynb", notebook(*cells))
    rules = {each.rule for each in check_notebooks([path])}
    assert rules == set(RULES)
    assert len(rules) == 5
    assert run(path, "--ignore", "machine-path", "--ignore", "never-executed").returncode == 1
    every = [argument for rule in RULES for argument in ("--ignore", rule)]
    assert run(path, *every).returncode == 0
    assert {each.rule for each in check_notebooks([path], ignore="secret")} == rules - {"secret"}
    wrong = run(path, "--ignore", "secrets")
    assert wrong.returncode == 2
    assert "'secrets' is not one of 'secret', 'personal-data'" in wrong.stderr


def test_an_unreadable_notebook_cannot_be_ignored(tmp_path: Path) -> None:
    (tmp_path / "it.ipynb").write_text("{")
    assert run("it.ipynb", "--ignore", "unreadable").returncode == 2
    assert run("it.ipynb", *(each for rule in RULES for each in ("--ignore", rule))).returncode == 2


def test_the_secrets_that_are_looked_for_do_not_show() -> None:
    """Not in a traceback with local variables, wherever the check is cut off."""
    secret = "hunter2-hunter2"

    def paths() -> Iterator[str]:
        yield "missing.ipynb"
        raise KeyboardInterrupt

    try:
        check_notebooks(paths(), environment={"IKAS_CLIENT_SECRET": secret})
    except KeyboardInterrupt as interrupt:
        shown = traceback.TracebackException.from_exception(interrupt, capture_locals=True)
        ours = [frame for frame in shown.stack if "/testing/" in frame.filename][1:]
        assert ours
        assert not any(secret in str(frame.locals) for frame in ours)


def test_the_work_grows_with_the_leaks_and_no_faster(tmp_path: Path) -> None:
    """Counted in lines of Python that run, so that a busy machine changes nothing."""

    def lines(leaks: int) -> int:
        text = "\n".join(f"https://a.example/{n}?token=abcd{n:08d}" for n in range(leaks))
        path = write(tmp_path / "it.ipynb", notebook(code("x", stream(text))))
        counted = 0

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal counted
            counted += event in ("line", "call")
            return trace

        sys.settrace(trace)
        try:
            assert len(check_notebooks([path])) == leaks
        finally:
            sys.settrace(None)
        return counted

    assert lines(400) < 5 * lines(100)


def test_the_command_tells_where_and_masks(tmp_path: Path) -> None:
    """On the terminal and as JSON; the environment's secrets come from .env too."""
    (tmp_path / ".env").write_text(f"IKAS_ACCESS_TOKEN={PASSWORD}\n")
    cells = (code(f'token = "{JWT}"', stream(CLIENT_SECRET)), code("x", stream(PASSWORD), count=2))
    write(tmp_path / "notebooks" / "deep" / "bad.ipynb", notebook(*cells))
    write(tmp_path / "notebooks" / "good.ipynb", notebook(code("x")))
    write(tmp_path / "notebooks" / ".ipynb_checkpoints" / "old.ipynb", notebook(code("x")))
    told, as_json = run("notebooks"), run("notebooks", "--json")
    assert (told.returncode, as_json.returncode) == (1, 1)
    assert "3 findings in 1 of 2 notebooks." in told.stdout
    assert "cell 1, line 1: a JSON Web Token: eyJh… (" in told.stdout
    assert "the value of IKAS_ACCESS_TOKEN: *** (15 characters)" in told.stdout
    findings = json.loads(as_json.stdout)["findings"]
    assert findings[0] == {
        "notebook": str(Path("notebooks/deep/bad.ipynb")),
        "where": "cell 1, line 1",
        "rule": "secret",
        "message": f"a JSON Web Token: eyJh… ({len(JWT)} characters)",
    }
    for secret in (JWT, CLIENT_SECRET, PASSWORD):
        assert secret not in told.stdout + told.stderr + as_json.stdout + as_json.stderr


def test_the_frames_recorded_beside_a_notebook_are_searched(tmp_path: Path) -> None:
    """They get into version control with it; named by themselves, too, as pre-commit does."""
    path = write(tmp_path / "ours" / "it.ipynb", notebook(code("x")))
    rows = [{"scope": "a", "endpoint": f"https://me:{PASSWORD}@erp.example/"}, {"scope": "b"}]
    rows += [{"note": CLIENT_SECRET}, {"note": "/home/ayse/shop"}]
    frame = pd.DataFrame(rows).fillna("")
    record = path.parent / "frames" / "webhooks.json"
    record.parent.mkdir()
    record.write_text(record_text(take_record(frame, key=[], ignore=set())), "utf-8")
    (path.parent / "frames" / "clean.json").write_text("{}", "utf-8")
    assert [(each.notebook, each.where, each.rule) for each in check_notebooks([record])] == [
        (str(record), "line 6", "secret"),
        (str(record), "line 8", "secret"),
        (str(record), "line 9", "machine-path"),
    ]
    told = run("ours")
    assert told.returncode == 1
    assert "3 findings in 1 of 1 notebook and 2 recorded frames." in told.stdout
    assert PASSWORD not in told.stdout
    assert CLIENT_SECRET not in told.stdout
    assert run(path, record).stdout.count("a URL with credentials") == 1
    known = run("ours", IKAS_CLIENT_SECRET="erp.example")
    assert "the value of IKAS_CLIENT_SECRET" in known.stdout
    record.write_bytes(b"\xff")
    assert run("ours").returncode == 2


def test_what_cannot_be_checked_is_not_well(tmp_path: Path) -> None:
    """No notebook, no such path, no JSON: 2, whatever else was found."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "old.ipynb").write_text('{"worksheets": [], "nbformat": 3}')
    for path, said in [
        ("empty", "There is no notebook in empty"),
        ("nowhere.ipynb", "nowhere.ipynb does not exist"),
        ("broken.ipynb", "unreadable"),
        ("old.ipynb", "not a notebook of format 4"),
    ]:
        done = run(path)
        assert done.returncode == 2
        assert said in done.stdout + done.stderr
    assert run(write(tmp_path / "good.ipynb", notebook(code("x")))).returncode == 0


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"cells": [1]},
        {"cells": [{"cell_type": "code", "source": "x", "outputs": 1}]},
        {"cells": [{"cell_type": "code", "source": "x", "outputs": [{"data": "x"}]}]},
        {"cells": [], "metadata": "x"},
        {"cells": [], "metadata": {"widgets": {next(iter(widget("x"))): {"state": [1]}}}},
    ],
    ids=str,
)
def test_what_is_not_formed_as_a_notebook_is_unreadable(content: Any, tmp_path: Path) -> None:
    assert found(content, tmp_path)[-1] == ("", "unreadable")


def test_our_notebooks_are_clean() -> None:
    done = run(ROOT / "notebooks")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_definition_for_pre_commit_calls_the_command() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["id"] == "ikas-check-notebooks"
    for path in ("it.ipynb", "a/it.ipynb", "a/frames/webhooks.json", "frames/webhooks.json"):
        assert re.search(hook["files"], path)
    for path in ("it.py", "package.json", "a/frames.json"):
        assert not re.search(hook["files"], path)
    assert hook["entry"] == "ikas-explore check-notebooks"
    assert hook["id"] in (ROOT / "notebooks" / "README.md").read_text("utf-8")
