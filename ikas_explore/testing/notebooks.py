"""What is wrong with a saved notebook: secrets, order of execution, paths, sizes, the kernel.

And with the frames that `check_frame` recorded beside it: secrets and paths. Only files are read;
nothing is run, and no Jupyter needs to be installed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.testing.leaks import find_leaks, known_secrets, masked
from ikas_explore.testing.recorded_frames import FOLDER
from ikas_explore.testing.texts import Place, as_text, texts
from ikas_explore.text.printable import printable

#: Bytes an output may have: plots have a tenth of it, a whole JavaScript library ten times as many.
MAX_OUTPUT = 500_000
#: The rule of a notebook that could not be checked.
UNREADABLE = "unreadable"
#: What the names of recorded frames end in.
RECORD = ".json"

_MACHINE_PATH = re.compile(
    r"(?:file://|(?<![\w/.~-]))/(?:home|Users|root|tmp|private|var/folders|workspaces?|builds)/"
    r"[^\s\"'<>:,;)\]}]+"
    r"|\b[A-Za-z]:[\\/]+Users[\\/][^\s\"'<>:,;)\]}]+"
    r"|(?<![\w/.~+-])(?:/[\w.+-]+)+/(?:site|dist)-packages/[^\s\"'<>:,;)\]}]+"
)


class Finding(NamedTuple):
    """One thing that is wrong: in which notebook or record, where in it, by which rule."""

    notebook: str
    where: str
    rule: str
    message: str


@dataclass(frozen=True)
class _Notebook:
    """A notebook that was read, and what it is held against."""

    content: Mapping[str, Any]
    secrets: Mapping[str, str]
    max_output: int

    def texts(self) -> Iterator[Place]:
        return texts(self.content)

    def code(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Give the code cells that say something, with their number among all cells."""
        for number, cell in enumerate(self.content["cells"], start=1):
            if cell.get("cell_type") == "code" and as_text(cell.get("source")).strip():
                yield number, cell


@dataclass(frozen=True)
class _Record:
    """A frame that was recorded, as the text it is."""

    text: str
    secrets: Mapping[str, str]

    def texts(self) -> Iterator[Place]:
        for number, line in enumerate(self.text.splitlines(), start=1):
            yield Place(f"line {number}", "record", line)


Found = Iterator[tuple[str, str, str]]
Check = Callable[[_Notebook], Found]


def find_notebooks(paths: Iterable[str | Path]) -> list[Path]:
    """Return the notebooks that paths name, those of folders and their folders included.

    Raises
    ------
    InvalidArgumentError
        A path does not exist, or a folder holds no notebook: nothing would be checked.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            below = [
                each
                for each in sorted(path.rglob("*.ipynb"))
                if not any(part.startswith(".") for part in each.relative_to(path).parts)
            ]
            if not below:
                raise InvalidArgumentError(f"There is no notebook in {path}.")
            found += below
        elif path.exists():
            found.append(path)
        else:
            raise InvalidArgumentError(f"{path} does not exist.")
    return list(dict.fromkeys(found))


def find_records(notebooks: Iterable[Path]) -> list[Path]:
    """Return the frames recorded beside notebooks; they get into version control with them."""
    folders = dict.fromkeys(notebook.parent / FOLDER for notebook in notebooks)
    return [record for folder in folders for record in sorted(folder.glob(f"*{RECORD}"))]


def check_notebooks(
    paths: Iterable[str | Path],
    *,
    environment: Mapping[str, str | None] | None = None,
    max_output: int = MAX_OUTPUT,
) -> list[Finding]:
    """Check saved notebooks, and records of frames.

    Parameters
    ----------
    paths : iterable of path
        Notebooks; a path that ends in ``.json`` is a record, from `find_records`.
    environment : mapping, optional
        Variables whose secrets must not be found, from `ikas_explore.settings.read_variables`.
    max_output : int, default 500,000
        Bytes an output may have.

    Returns
    -------
    list of Finding
        In the order of the paths; empty when all is well. Secrets are masked.
    """
    secrets = known_secrets(environment or {})
    findings: list[Finding] = []
    for path in paths:
        try:
            findings += [
                # A path, a kernel or the name of a part may be, or hold, a secret itself.
                Finding(str(path), _shown(where, secrets), rule, _shown(message, secrets))
                for where, rule, message in _check(Path(path), secrets, max_output)
            ]
        except (OSError, ValueError) as error:
            findings.append(Finding(str(path), "", UNREADABLE, printable(str(error))))
        except (AttributeError, TypeError, RecursionError):
            # Text where a cell, an output or metadata should be: Jupyter cannot open it either.
            findings.append(Finding(str(path), "", UNREADABLE, "is not formed as a notebook is"))
    return findings


def _check(path: Path, secrets: Mapping[str, str], max_output: int) -> Found:
    if path.suffix == RECORD:
        record = _Record(path.read_text("utf-8"), secrets)
        yield from check_secrets(record)
        yield from check_paths(record)
        return
    notebook = _Notebook(_read(path), secrets, max_output)
    for check in CHECKS:
        yield from check(notebook)


def _shown(text: str, secrets: Mapping[str, str]) -> str:
    return printable(masked(text, secrets))


def _read(path: Path) -> Mapping[str, Any]:
    content = json.loads(path.read_text("utf-8"))
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("This is no notebook of format 4: it has no list of cells.")
    return {**content, "cells": cells, "metadata": content.get("metadata") or {}}


def check_secrets(saved: _Notebook | _Record) -> Found:
    """Find secrets, anywhere in the file."""
    for place in saved.texts():
        for leak in find_leaks(place.text, saved.secrets):
            if leak.certain or not place.example:
                line = f", line {leak.line}" if place.kind == "source" else ""
                yield f"{place.where}{line}", "secret", f"{leak.what}: {leak.masked}"


def check_paths(saved: _Notebook | _Record) -> Found:
    """Find paths of the machine that the notebook was run on."""
    # Of this machine, too, where its folders have unusual names.
    here = {
        str(path) for path in (Path.home(), Path.cwd(), Path(sys.prefix)) if len(path.parts) > 2
    }
    for place in saved.texts():
        found = dict.fromkeys(match[0] for match in _MACHINE_PATH.finditer(place.text))
        if place.kind != "source":
            found.update(dict.fromkeys(path for path in here if path in place.text))
        if found:
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            yield place.where, "machine-path", f"{next(iter(found))}{more}"


def check_order(notebook: _Notebook) -> Found:
    """Find cells that were never executed, or not in the order in which they stand."""
    last = 0
    for number, cell in notebook.code():
        count = cell.get("execution_count")
        if not isinstance(count, int):
            yield f"cell {number}", "never-executed", "has no number of execution"
            continue
        if count <= last:
            yield f"cell {number}", "out-of-order", f"was executed as [{count}], after [{last}]"
        last = max(last, count)


def check_sizes(notebook: _Notebook) -> Found:
    """Find outputs that make the file heavy."""
    for number, cell in notebook.code():
        for place, output in enumerate(cell.get("outputs") or (), start=1):
            size = len(json.dumps(output, ensure_ascii=False).encode("utf-8", "replace"))
            if size > notebook.max_output:
                yield (
                    f"cell {number}, output {place}",
                    "large-output",
                    f"{size:,} bytes, more than {notebook.max_output:,}",
                )


def check_kernel(notebook: _Notebook) -> Found:
    """Find notebooks whose kernel nobody else has."""
    name = (notebook.content["metadata"].get("kernelspec") or {}).get("name")
    if not name:
        yield "metadata", "no-kernel", "names no kernel; save it with one, such as python3"
    elif name not in _kernels(name):
        yield "metadata", "unknown-kernel", f"the kernel {name!r} is not there; python3 is usual"


def _kernels(asked: str) -> set[str]:
    # Every Jupyter with ipykernel has it; others are looked up where Jupyter is installed.
    known = {"python3"}
    if asked not in known:
        try:
            from jupyter_client.kernelspec import KernelSpecManager
        except ImportError:
            return known
        known |= set(KernelSpecManager().find_kernel_specs())
    return known


#: What every notebook is checked for.
CHECKS: tuple[Check, ...] = (check_secrets, check_order, check_paths, check_sizes, check_kernel)
