"""Every text that a saved notebook holds, wherever it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

#: The tag of a cell that shows, on purpose, what looks like a secret.
EXAMPLE_TAG = "ikas-example-secret"

_WIDGETS = "application/vnd.jupyter.widget-state+json"
_BINARY = re.compile(r"image/(?!svg)|audio/|video/|application/pdf|application/octet-stream")


class Place(NamedTuple):
    """A text of a notebook: where it stands, what it is, whether its cell is tagged."""

    where: str
    kind: str  # source, output, metadata
    text: str
    example: bool = False


def texts(content: Mapping[str, Any]) -> Iterator[Place]:
    """Give every text of a notebook: source, outputs, tracebacks, attachments, metadata."""
    for number, cell in enumerate(content["cells"], start=1):
        example = EXAMPLE_TAG in ((cell.get("metadata") or {}).get("tags") or ())
        where = f"cell {number}"
        yield Place(where, "source", as_text(cell.get("source")), example)
        for place, output in enumerate(cell.get("outputs") or (), start=1):
            for what, text in _output_texts(output):
                yield Place(f"{where}, output {place} ({what})", "output", text, example)
        rest = {name: cell[name] for name in cell if name not in ("source", "outputs")}
        yield from _metadata(where, rest)
    metadata = dict(content["metadata"])
    widgets = dict(metadata.pop("widgets", None) or {})
    state = (widgets.pop(_WIDGETS, None) or {}).get("state") or {}
    for model in state.values():
        yield from _widget(model)
    rest = {name: value for name, value in content.items() if name not in ("cells", "metadata")}
    yield from _metadata("notebook", {**rest, "metadata": metadata, "widgets": widgets})


def _widget(model: Any) -> Iterator[Place]:
    name = str(model.get("model_name")) if isinstance(model, dict) else "model"
    if name == "PasswordModel" and (model.get("state") or {}).get("value"):
        # Jupyter saves in clear what it shows as dots.
        yield Place(f"widget {name}", "metadata", f'password="{model["state"]["value"]}"')
    yield from _metadata(f"widget {name}", model)


def _output_texts(output: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(output, dict):
        return
    if output.get("output_type") == "error":
        said = (output.get("ename"), output.get("evalue"), *(output.get("traceback") or ()))
        yield "traceback", "\n".join(map(str, said))
    if "text" in output:
        yield str(output.get("name", "text")), as_text(output["text"])
    for kind, data in (output.get("data") or {}).items():
        if not _BINARY.match(kind):
            yield kind, _flat(data)
    yield "metadata", _flat(output.get("metadata") or "")
    yield "names", "\n".join([*_names(output), as_text(output.get("name") or "")])


def _metadata(where: str, value: Any) -> Iterator[Place]:
    for path, text in _strings(value, ()):
        # With its name, which may say that it is a secret.
        yield Place(f"{where}, {'.'.join(path)}", "metadata", f'{"".join(path[-1:])}="{text}"')

    names = "\n".join(_names(value))
    if names:
        yield Place(f"{where}, names", "metadata", names)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from _names(inner)


def _strings(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if not _BINARY.match(name):
                yield from _strings(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _strings(inner, (*path, str(place)))


def _flat(value: Any) -> str:
    """Return text, or the texts of a structure, not as JSON: it escapes colours and line ends."""
    if isinstance(value, dict | list) and not _is_lines(value):
        found = _strings(value, ())
        return "\n".join(f'{"".join(path[-1:])}="{text}"' for path, text in found)
    return as_text(value)


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def as_text(value: Any) -> str:
    """Return text as it was before Jupyter cut it into lines; what is no text as JSON."""
    if _is_lines(value):
        return "".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
