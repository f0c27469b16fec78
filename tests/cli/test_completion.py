"""Shell completion knows commands, options and scopes; asked for as a shell asks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ikas_explore.cli import COMMANDS, app


def complete(line: str, incomplete: str = "") -> list[str]:
    """Return what bash would offer after a line and the beginning of a word."""
    words = ["ikas-explore", *line.split(), incomplete]
    asked = {
        "_IKAS_EXPLORE_COMPLETE": "bash_complete",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = CliRunner().invoke(app, prog_name="ikas-explore", env=asked)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return [each.partition(",")[2] for each in done.stdout.splitlines() if each]


@pytest.mark.parametrize(
    ("line", "incomplete", "offered"),
    [
        ("", "", COMMANDS),
        ("", "de", ["delete", "deliveries"]),
        ("list", "--s", ["--store"]),
        ("list", "--", ["--out", "--fleet", "--store", "--api-version", "--json", "--help"]),
        ("list --api-version", "", ["v1", "v2"]),
        ("list --store", "s", ["sandbox"]),
        ("audit --format", "j", ["json", "junit"]),
        ("save https://example.com/", "store/st", ["store/stock/created", "store/stock/updated"]),
        ("delete store/order/created", "store/order/u", ["store/order/updated"]),
        ("emit", "store/customer/s", ["store/customer/statusUpdated"]),
        ("push https://example.com/", "store/order/c", ["store/order/created"]),
    ],
)
def test_commands_options_and_scopes_are_completed(
    line: str, incomplete: str, offered: list[str]
) -> None:
    assert complete(line, incomplete) == [*offered]


def test_only_scopes_that_can_be_registered_are_offered() -> None:
    assert len(complete("delete", "store/")) == 11
    assert complete("delete", "store/app") == []


@pytest.mark.parametrize(
    ("shell", "said"),
    [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "complete --no-files --command")],
)
def test_each_shell_gets_a_script(shell: str, said: str) -> None:
    program = "from ikas_explore.cli import app; app(prog_name='ikas-explore')"
    script = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "_IKAS_EXPLORE_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said in script
    assert "ikas-explore" in script
    assert f"{shell}_source" in CliRunner().invoke(app, ["-h"]).stdout  # says how to switch it on


def test_help_and_completion_load_no_command_in_full() -> None:
    """All commands are imported for their help: what only some of them need is not."""
    program = (
        "import sys, click\n"
        "from ikas_explore.cli import COMMANDS, app\n"
        "print(len([app.get_command(click.Context(app), name) for name in COMMANDS]))\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    number, loaded = done.stdout.splitlines()
    assert int(number) == len(COMMANDS)
    heavy = "pandas numpy httpx ipywidgets sgqlc graphql uvicorn starlette stamina"
    assert not set(loaded.split()) & set(heavy.split())
