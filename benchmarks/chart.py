"""Draws what benchmarks/engine.py measured: how many times faster than torch.nn, in training, with one thread.

Run it as: python benchmarks/chart.py results/benchmarks/engine.json results/benchmarks/engine.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import altair as alt
from engine_tables import WHOLE, value
from goes import read

COLOURS = {"this engine": "#1f6feb", "torchrecurrent": "#bf8700", "Keras": "#8c959f"}


def points(slices: dict[str, Any]) -> list[dict[str, Any]]:
    """A point a cell and shape, with its interval."""
    found = []
    for shape in "ABCD":
        part = read(slices.get(WHOLE.format(shape), {"rows": []}))
        for row in part["rows"]:
            if row["phase"] != "training" or row["cell"] == row["against"]:
                continue
            scale = value(row) / row["ratio"]  # 1, or to each floating-point operation
            sizes = ", ".join(str(part[size]) for size in ("batch", "time", "input", "hidden"))
            found.append(
                {
                    "cell": row["cell"],
                    "shape": f"{shape}: {sizes}",
                    "ratio": row["ratio"] * scale,
                    "low": row["low"] * scale,
                    "high": row["high"] * scale,
                    "of": _of(row["cell"]),
                }
            )
    return found


def _of(cell: str) -> str:
    return "Keras" if cell.startswith("keras-") else "torchrecurrent" if cell.startswith("tr-") else "this engine"


def chart(found: list[dict[str, Any]]) -> alt.TopLevelMixin:
    """Shapes beside each other; a point and its interval on a logarithmic axis, on which 1 is torch.nn."""
    title = "times faster than torch.nn, training, one thread"
    colour = alt.Color("of:N", title=None, scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())))
    base = alt.Chart().encode(
        y=alt.Y("cell:N", sort=list(dict.fromkeys(point["cell"] for point in found)), title=None), color=colour
    )
    axis = alt.X("ratio:Q", scale=alt.Scale(type="log"), title=None, axis=alt.Axis(values=[0.1, 0.5, 1, 2, 5, 10, 30]))
    one = alt.Chart().mark_rule(strokeDash=[4, 3], color="#57606a").encode(x=alt.datum(1))
    drawn = alt.layer(
        one,
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=None), x2="high:Q"),
        base.mark_point(filled=True, size=55).encode(x=axis),
        data=alt.Data(values=found),
    ).properties(width=190)
    faceted = drawn.facet(column=alt.Column("shape:N", title=None), bounds="flush")
    below = (
        "Dashed: torch.nn. Cells that torch.nn has not: for each floating-point operation. "
        "Lines: 95% intervals of all goes."
    )
    return (
        faceted.properties(title=alt.TitleParams(title, subtitle=below, anchor="start"))
        .configure(background="white", font="sans-serif")
        .configure_legend(orient="bottom")
        .configure_axis(labelLimit=220)
    )


def main(measured: Path, picture: Path) -> None:
    """Read the one, and write the other."""
    chart(points(json.loads(measured.read_text(encoding="utf-8")))).save(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
