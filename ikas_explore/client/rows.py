"""Rows of an answer as checked columns.

Column by column and not row by row: looking at the set of types in a column costs a tenth
of asking each cell, and frames are made of columns anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from ikas_explore.client.selection import Node, known_scalar
from ikas_explore.errors import ResponseError

#: What JSON gives for GraphQL's scalars. Ids are strings on the wire, whatever they look like.
_TYPES: dict[str, frozenset[type]] = {
    "ID": frozenset({str}),
    "String": frozenset({str}),
    "Boolean": frozenset({bool}),
    "Int": frozenset({int}),
    "Float": frozenset({int, float}),
    "Timestamp": frozenset({int}),
}
# Year 1 to 9999: what datetime, and so a printed frame, can show.
_RANGES = {"Int": (-(2**31), 2**31 - 1), "Timestamp": (-62_135_596_800_000, 253_402_300_799_999)}

#: Rows that are looked at together.
_BLOCK = 500

Columns = dict[str, list[Any]]


def read_columns(rows: Any, nodes: Sequence[Node], where: str) -> Columns:
    """Check the rows of an answer against the fields asked for, and return their columns.

    A column is a list for each scalar field, by its dotted snake_case name, as long as `rows`;
    below a list of the schema each cell is a list. What the schema does not promise is a
    ResponseError that begins with `where`.
    """
    if not isinstance(rows, list):
        raise ResponseError(f"{where} is {_name(rows)} where the schema promises a list.")
    if not {type(row) for row in rows} <= {dict}:
        index = next(i for i, row in enumerate(rows) if type(row) is not dict)
        raise ResponseError(f"{where}[{index}] is {_name(rows[index])} and not an object.")
    names = [node.name for node in nodes]
    # One name more, which goes unused: of a single name, itemgetter would make no tuple.
    cells_of = itemgetter(*names, names[0])
    found: list[list[Any]] = [[] for _ in nodes]
    try:
        # Row by row, as the cells of a row lie together in memory, and not too many at a time.
        for start in range(0, len(rows), _BLOCK):
            block = zip(*map(cells_of, rows[start : start + _BLOCK]), strict=True)
            for cells, more in zip(found, block, strict=False):
                cells += more
    except KeyError:
        index, name = next((i, n) for i, row in enumerate(rows) for n in names if n not in row)
        raise ResponseError(f"{where}[{index}] lacks {name!r}, which was asked for.") from None
    columns: Columns = {}
    for node, cells in zip(nodes, found, strict=True):
        if not node.children and set(map(type, cells)) <= _plain(node.type):
            columns[node.column] = cells
        else:
            columns |= _read(cells, node, node.type, f"{where}[].{node.name}")
    return columns


def _read(cells: list[Any], node: Node, notation: str, where: str) -> Columns:
    """Read the values of one field: unwrap null, then a list, then an object or a scalar."""
    types = set(map(type, cells))
    if type(None) not in types:
        return _read_present(cells, types, node, notation.removesuffix("!"), where)
    if notation.endswith("!"):
        raise ResponseError(
            f"{where} is null in row {cells.index(None)}, where the schema promises {node.type}."
        )
    present = [cell for cell in cells if cell is not None]
    columns = _read_present(present, types - {type(None)}, node, notation, where)
    return {name: _spread(cells, values) for name, values in columns.items()}


@lru_cache
def _plain(notation: str) -> frozenset[type]:
    """Return the types of cells that need no further look, so that what is usual is quick."""
    scalar = known_scalar(notation)
    if scalar is None or scalar in _RANGES or notation.startswith("["):
        return frozenset()
    return _TYPES[scalar] if notation.endswith("!") else _TYPES[scalar] | {type(None)}


def _read_present(
    cells: list[Any], types: set[type], node: Node, notation: str, where: str
) -> Columns:
    if notation.startswith("["):
        if not types <= {list}:
            raise _wrong(cells, {list}, node, where)
        inner = _read([item for cell in cells for item in cell], node, notation[1:-1], where)
        return {name: _regroup(cells, values) for name, values in inner.items()}
    if node.children:
        return read_columns(cells, node.children, where)
    scalar = known_scalar(notation)
    if scalar is not None:
        if not types <= _TYPES[scalar]:
            raise _wrong(cells, _TYPES[scalar], node, where)
        if scalar in _RANGES and cells:
            lowest, highest = _RANGES[scalar]
            if min(cells) < lowest or max(cells) > highest:
                raise ResponseError(
                    f"{where} holds a number out of the range of {scalar}: {lowest} to {highest}."
                )
    return {node.column: cells}


def _spread(cells: list[Any], values: list[Any]) -> list[Any]:
    """Put values back where cells are present, None elsewhere."""
    rest = iter(values)
    return [None if cell is None else next(rest) for cell in cells]


def _regroup(cells: list[list[Any]], values: list[Any]) -> list[Any]:
    """Cut a flat list of values into lists as long as the cells were."""
    rest: Iterator[Any] = iter(values)
    return [[next(rest) for _ in cell] for cell in cells]


def _wrong(
    cells: list[Any], allowed: set[type] | frozenset[type], node: Node, where: str
) -> ResponseError:
    index = next(i for i, cell in enumerate(cells) if type(cell) not in allowed)
    return ResponseError(
        f"{where} is {_name(cells[index])} in row {index}, where the schema promises {node.type}."
    )


def _name(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
