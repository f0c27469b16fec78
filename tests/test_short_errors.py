"""In a notebook an error is the reader's own line and the message, unless they ask for more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from ikas_explore import errors

LAST = "The whole traceback: ikas.errors.show_tracebacks(True)"
Run = Callable[[str], list[str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a cell and return the lines it prints."""
    kind: Any = InteractiveShell  # it has no types
    shell = kind(colors="nocolor")

    def run_cell(cell: str) -> list[str]:
        shell.run_cell(cell)
        return capsys.readouterr().out.splitlines()

    yield run_cell
    errors.show_tracebacks(False)
    shell.history_manager.end_session()


def test_an_error_shows_the_line_and_the_message(run: Run) -> None:
    lines = run(
        "import ikas_explore as ikas\n"
        "def my_own():\n"
        "    ikas.connect('acme', access_token='t', api_version='v7')\n"
        "my_own()"
    )
    assert lines[0] == "line 3: ikas.connect('acme', access_token='t', api_version='v7')"
    assert lines[1].startswith("InvalidArgumentError: ")
    assert lines[2:] == [LAST]


def test_a_readers_file_beside_the_package_is_not_taken_for_ours(run: Run) -> None:
    beside = f"{Path(errors.__file__).parent}_of_mine.py"
    lines = run(
        "import ikas_explore as ikas, linecache\n"
        "text = \"ikas.connect('acme', access_token='t', api_version='v7')\"\n"
        f"linecache.cache[{beside!r}] = len(text), None, [text], {beside!r}\n"
        f"exec(compile(text, {beside!r}, 'exec'))"
    )
    assert lines[0] == "line 1: ikas.connect('acme', access_token='t', api_version='v7')"


def test_the_line_is_the_readers_where_python_itself_is_between(run: Run) -> None:
    lines = run("from ikas_explore import Scope\nScope('store/ordr/created')")
    assert lines[0] == "line 2: Scope('store/ordr/created')"


def test_notes_and_causes_are_a_line_each(run: Run) -> None:
    lines = run(
        "from ikas_explore import errors\n"
        "try:\n"
        "    1 / 0\n"
        "except ZeroDivisionError as cause:\n"
        "    error = errors.PlanError('it does not fit')\n"
        "    error.add_note('2 of 3 are done')\n"
        "    raise error from cause"
    )
    assert lines[1:] == [
        "PlanError: it does not fit",
        "2 of 3 are done",
        "Because of ZeroDivisionError: division by zero",
        LAST,
    ]


def test_what_was_hidden_from_an_error_stays_hidden(run: Run) -> None:
    lines = run(
        "from ikas_explore import errors\n"
        "try:\n"
        "    1 / 0\n"
        "except ZeroDivisionError:\n"
        "    raise errors.PlanError('it does not fit') from None"
    )
    assert lines[1:] == ["PlanError: it does not fit", LAST]


def test_whole_tracebacks_can_be_asked_for_and_put_away_again(run: Run) -> None:
    cell = (
        "from ikas_explore import errors\nerrors.show_tracebacks({})\nraise errors.PlanError('no')"
    )
    whole = run(cell.format(True))
    assert "Traceback (most recent call last)" in "".join(whole)
    assert LAST not in whole
    assert run(cell.format(False))[1:] == ["PlanError: no", LAST]
    with pytest.raises(errors.InvalidArgumentError, match="'yes'"):
        errors.show_tracebacks("yes")  # type: ignore[arg-type]


def test_other_errors_are_shown_as_ever(run: Run) -> None:
    run("import ikas_explore.errors")
    assert "Traceback (most recent call last)" in "".join(run("1 / 0"))
