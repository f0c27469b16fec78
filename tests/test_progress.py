"""The bar that shows how far something is."""

from __future__ import annotations

import sys

import pytest

from ikas_explore.text.progress import Bar


def test_a_bar_shows_in_a_terminal_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Bar("stores", delay=0) as bar:
        bar(1, 4)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Bar("stores", delay=0) as bar:
        bar(1, 4)
        assert "[#######.......................] 1 of 4 stores" in capsys.readouterr().err
    assert capsys.readouterr().err == "\r\x1b[K"
    with Bar("stores", delay=60) as bar:
        bar(1, 4)
    assert capsys.readouterr().err == ""


def test_a_bar_shows_in_a_notebook_and_is_gone_at_the_end() -> None:
    """In a real kernel: drawn, then drawn empty in its place."""
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_notebook

    cell = new_code_cell(
        "from ikas_explore.text.progress import Bar\n"
        "bar = Bar('stores', delay=0)\nbar(1, 4)\nprint('shown')"
    )
    notebook = new_notebook(cells=[cell, new_code_cell("bar.close()")])
    seen: list[str] = []
    client = NotebookClient(
        notebook,
        timeout=60,
        on_cell_executed=lambda **_: seen.append(
            str([output.get("data", {}).get("text/html") for output in cell_outputs()])
        ),
    )

    def cell_outputs() -> list[dict[str, dict[str, str]]]:
        outputs: list[dict[str, dict[str, str]]] = notebook.cells[0].outputs
        return outputs

    client.execute()
    assert '<progress value="1" max="4"></progress> 1 of 4 stores' in seen[0]
    assert "progress" not in seen[1]
