"""What is wrong with a saved notebook: secrets, personal data, machine paths, cells out of order.

The frames that `check_frame` recorded beside it are checked too, except for order. Only files are
read; nothing is run, and no Jupyter needs to be installed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ikas_explore.errors import InvalidArgumentError
from ikas_explore.system.files import user_path
from ikas_explore.testing.leaks import Known, find_leaks, find_personal, known_secrets, masked
from ikas_explore.testing.notebook_strings import Place, as_text, texts
from ikas_explore.testing.recorded_frames import FOLDER
from ikas_explore.text.printable import printable
from ikas_explore.values.names import check_known, read_texts
from ikas_explore.values.secret import HiddenMapping

#: What can be found, and left out with `ignore`.
RULES = ("secret", "personal-data", "machine-path", "out-of-order", "never-executed")
#: The rule of a notebook that could not be checked.
UNREADABLE = "unreadable"
#: What is said to those who limited the size of outputs.
NO_MAX_OUTPUT = (
    "The size of outputs is not checked any more. Use nbstripout --max-size, or the hook "
    "check-added-large-files of pre-commit."
)
#: What the names of recorded frames end in.
RECORD = ".json"

_MACHINE_PATH = re.compile(
    r"(?:file://|(?<![\w/.~-]))/(?:home|Users|root|tmp|private|var/folders|workspaces?|builds)/"
    r"[^\s\"'<>:,;)\]}]+"
    r"|\b[A-Za-z]:[\\/]+Users[\\/][^\s\"'<>:,;)\]}]+"
    r"|(?<![\w/.~+-])(?:/[\w.+-]+)+/(?:site|dist)-packages/[^\s\"'<>:,;)\]}]+"
)

Secrets = tuple[Known, ...]
Found = Iterator[tuple[str, str, str]]  # where, rule, message


class Finding(NamedTuple):
    """One thing that is wrong: in which notebook or record, where in it, by which rule."""

    notebook: str
    where: str
    rule: str
    message: str


def find_notebooks(paths: Iterable[str | Path]) -> list[Path]:
    """Return the notebooks that paths name, those of folders and their folders included."""
    found: list[Path] = []
    for path in map(user_path, paths):
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
    ignore: Iterable[str] = (),
    max_output: None = None,
) -> list[Finding]:
    """Check saved notebooks, and the records of frames (``.json``) that `find_records` found.

    The secrets of `environment`, from `read_variables`, must not be found; they are shown masked.
    Findings are in the order of the paths.
    """
    secrets = known_secrets(HiddenMapping(environment or {}))
    del environment  # a traceback may print local variables
    ignored = read_texts(ignore, "ignore", of="rules")
    check_known(ignored, RULES, "the rules")
    if max_output is not None:
        raise InvalidArgumentError(NO_MAX_OUTPUT)
    findings: list[Finding] = []
    for path in paths:
        try:
            findings += [
                # A path or the name of a part may be, or hold, a secret itself.
                Finding(str(path), _shown(where, secrets), rule, _shown(message, secrets))
                for where, rule, message in _check(Path(path), secrets)
                if rule not in ignored
            ]
        except (OSError, ValueError) as error:
            findings.append(Finding(str(path), "", UNREADABLE, printable(str(error))))
        except (AttributeError, TypeError, RecursionError):
            # Text where a cell, an output or metadata should be: Jupyter cannot open it either.
            findings.append(Finding(str(path), "", UNREADABLE, "is not a notebook of Jupyter"))
    return findings


def _shown(text: str, secrets: Secrets) -> str:
    return printable(masked(text, secrets))


def _check(path: Path, secrets: Secrets) -> Found:
    if path.suffix == RECORD:
        lines = enumerate(path.read_text("utf-8").splitlines(), start=1)
        found = [Place(f"line {number}", "record", line) for number, line in lines]
    else:
        content = _read(path)
        yield from _out_of_order(content)
        found = [*texts(content)]
    here = _here()
    for place in found:
        yield from _secrets(place, secrets)
        yield from _personal(place)
        yield from _paths(place, here)


def _read(path: Path) -> Mapping[str, Any]:
    content = json.loads(path.read_text("utf-8"))
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("This is not a notebook of format 4: it has no list of cells.")
    return {**content, "metadata": content.get("metadata") or {}}


def _secrets(place: Place, secrets: Secrets) -> Found:
    for leak in find_leaks(place.text, secrets):
        if leak.certain or not place.example:
            line = f", line {leak.line}" if place.kind == "source" else ""
            yield f"{place.where}{line}", "secret", f"{leak.what}: {leak.masked}"


def _personal(place: Place) -> Found:
    """Find data of people where data is shown: authors may name themselves elsewhere."""
    shown = place.kind in ("output", "record") or place.where.startswith("widget ")
    if shown and not place.example:
        for said in find_personal(place.text):
            yield place.where, "personal-data", said


def _paths(place: Place, here: list[str]) -> Found:
    """Find paths of the machine that the notebook was run on."""
    found = dict.fromkeys(match[0] for match in _MACHINE_PATH.finditer(place.text))
    if place.kind != "source":
        found.update(dict.fromkeys(path for path in here if path in place.text))
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        yield place.where, "machine-path", f"{next(iter(found))}{more}"


def _here() -> list[str]:
    """Return folders of this machine, which may have unusual names."""
    folders = [Path(sys.prefix)]
    for find in (Path.cwd, Path.home):
        with suppress(OSError, RuntimeError):  # it was deleted, or this user has none
            folders.append(find())
    return [str(folder) for folder in folders if len(folder.parts) > 2]


def _out_of_order(content: Mapping[str, Any]) -> Found:
    """Find cells that were never executed, or not in the order in which they stand."""
    cells = [
        (f"cell {number}", cell.get("execution_count"))
        for number, cell in enumerate(content["cells"], start=1)
        if cell.get("cell_type") == "code" and as_text(cell.get("source")).strip()
    ]
    if not any(isinstance(count, int) for _, count in cells):
        return  # stripped before the commit, as nbstripout does: there is no order to check
    last = 0
    for where, count in cells:
        if not isinstance(count, int):
            yield where, "never-executed", "was not executed, and other cells were"
            continue
        if count <= last:
            yield where, "out-of-order", f"was executed as [{count}], after [{last}]"
        last = max(last, count)
