"""Pictures as SVG text: the same bytes for the same numbers."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#222222"
BLUE = "#0072B2"


def words_of(text: str) -> str:
    """Return somebody's words as they stand: between two dollar signs matplotlib would read a formula, or fail."""
    return text.replace("$", r"\$")


def text_of(figure: "Figure", title: str = "") -> str:
    """Return a figure as SVG text, without the day and the machine that it was drawn on."""
    import matplotlib as mpl

    stream = io.StringIO()
    said = {"Title": title} if title else {}
    with mpl.rc_context({"svg.hashsalt": "sentinel"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": "Sentinel", **said})
    return stream.getvalue()
