"""What pictures of the same cells have in common: a colour and a mark a cell, and which axes are logarithmic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LIGHT = ("#0068a8", "#c8500a", "#00795a", "#a8488a", "#7a6a00", "#5b4fc4", "#b03040", "#3a7d1e", "#7b5a3c", "#4a5568")
"""On white; told apart also by those who see few colours, after Okabe and Ito 2008, darkened to be read as lines."""
DARK = ("#5cb8f0", "#f59a55", "#3fd0a4", "#e79ad0", "#d9c84a", "#a99bff", "#ff8a96", "#8fd46a", "#cfa680", "#b4bfce")
"""The same on black."""
MARKS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
"""Shapes, so that colour does not carry meaning alone; of them in turn, as many cells as there are."""
GOLDEN = 137.508
"""Degrees between neighbours on the circle of hues, where there are more cells than colours."""
WIDE = 30.0
"""The ratio from which an axis is logarithmic."""


ROOM = 0.3
"""How much of the range of means is left above and below them for intervals."""

EDGE = 0.04
"""The same beyond the last mark."""


def colour(number: int, *, dark: bool = False) -> str:
    """The colour of the cell with this number in the table, in CSS."""
    named = DARK if dark else LIGHT
    if number < len(named):
        return named[number]
    return f"hsl({number * GOLDEN % 360:.0f}, 55%, {68 if dark else 38}%)"


def mark(number: int) -> str:
    """The shape of the cell with this number, as Vega names it."""
    return MARKS[number % len(MARKS)]


def logarithmic(values: Iterable[float]) -> bool:
    """Whether values span so much that only a logarithmic axis shows all of them."""
    finite = [value for value in values if math.isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) > WIDE * min(finite)


def bounds(values: Sequence[float], lows: Iterable[float], highs: Iterable[float]) -> tuple[float, float]:
    """From where to where an axis goes: all values, and intervals as far as they do not dwarf them."""
    known = [value for value in values if math.isfinite(value)]
    smallest, largest = min(known), max(known)
    room = (largest - smallest) or abs(largest) or 1.0
    low = min((low for low in lows if math.isfinite(low)), default=smallest)
    high = max((high for high in highs if math.isfinite(high)), default=largest)
    edge = room * EDGE
    return max(min(low, smallest) - edge, smallest - room * ROOM), min(max(high, largest) + edge, largest + room * ROOM)
