"""Notebooks for tests, as Jupyter saves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def code(source: str, *outputs: dict[str, Any], count: Any = 1, **more: Any) -> Any:
    """A code cell with its outputs."""
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": f"cell-{count}",
        "metadata": more,
        "outputs": list(outputs),
        "source": source.splitlines(keepends=True),
    }


def markdown(source: str) -> Any:
    return {"cell_type": "markdown", "id": "text", "metadata": {}, "source": source}


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    """What a cell printed."""
    return {"output_type": "stream", "name": name, "text": text.splitlines(keepends=True)}


def result(**data: Any) -> dict[str, Any]:
    """What a cell gave, by kind: ``text_html`` for ``text/html``."""
    kinds = {kind.replace("_", "/", 1): value for kind, value in data.items()}
    return {"output_type": "display_data", "data": kinds, "metadata": {}}


def error(value: str, *traceback: str) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": value,
        "traceback": list(traceback),
    }


def notebook(*cells: Any, kernel: Any = "python3", **metadata: Any) -> dict[str, Any]:
    spec = {"kernelspec": {"name": kernel, "display_name": "Python 3", "language": "python"}}
    return {
        "cells": list(cells),
        "metadata": {**(spec if kernel else {}), **metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), "utf-8")
    return path
