"""The colours of all pictures, told apart by the colour-blind too, and a figure that shows itself.

The colours are those of Okabe and Ito; the same word has the same colour everywhere.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING

from ikas_explore.errors import IkasError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREEN, BLUE, SKY, ORANGE, RED, PURPLE, GREY = (
    "#009e73", "#0072b2", "#56b4e9", "#e69f00", "#d55e00", "#cc79a7", "#999999",
)  # fmt: skip

#: What a word is drawn in.
COLOURS: Mapping[str, str] = {
    "registered": GREEN,
    "missing": RED,
    "wrong host": ORANGE,
    "not asked for": GREY,
    "not reached": PURPLE,
    "create": GREEN,
    "replace": ORANGE,
    "delete": RED,
    "error": RED,
    "warning": ORANGE,
    "info": BLUE,
    "delivered": GREEN,
    "pending": SKY,
    "exhausted": RED,
    "blocked": GREY,
    "withheld": PURPLE,
    "verified": GREEN,
    "not verified": RED,
    "refused": GREY,
}

#: How pages say that they are dark, as a selector: VS Code, Sphinx and MyST books, Colab, Quarto.
DARK_PAGES = (
    ":is("
    ".vscode-dark,.vscode-high-contrast:not(.vscode-high-contrast-light),.dark,"
    ".dark-mode,.dark-theme,.theme-dark,.quarto-dark,[theme=dark],[data-theme*=dark],"
    "[data-bs-theme=dark],[data-color-mode=dark],[data-mode=dark],"
    "[data-md-color-scheme=slate])"
)

#: For words that have no colour of their own, in turn.
OTHERS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)


def style_sheet(package: str, name: str) -> str:
    """Read a style sheet of ours, in which ``@DARK`` is a page that says that it is dark."""
    text = resources.files(package).joinpath(name).read_text("utf-8")
    # A saved picture has it in one line.
    return f"<style>{text.replace(chr(10), '')}</style>".replace("@DARK", DARK_PAGES)


def figure(*, width: float, height: float) -> Figure:
    """Return an empty figure of inches that shows itself once in a notebook."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise IkasError("Plots need matplotlib; run `pip install matplotlib`.") from error

    class Plot(Figure):
        """One made by pyplot would show twice."""

        def _repr_png_(self) -> bytes:
            picture = io.BytesIO()
            self.savefig(picture, format="png")
            return picture.getvalue()

    return Plot(figsize=(width, height), layout="constrained")
