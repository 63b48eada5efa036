"""Numbers over time as a line of text."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
NOTHING, NO_NUMBER = " ", "!"


def sparkline(values: Sequence[float], lowest: float, highest: float, width: int = 32) -> str:
    """A line of blocks, whose height is the logarithm of the largest value that falls into each.

    Args:
        values: not negative; 0 is drawn as nothing, what is not finite as an exclamation mark.
        lowest: what the lowest block stands for; smaller values are drawn like it.
        highest: what the highest block stands for.
        width: blocks, at most.
    """
    count = min(width, len(values))
    edges = [round(number * len(values) / count) for number in range(count + 1)] if count else []
    parts = [values[start:end] for start, end in pairwise(edges)]
    return "".join(_block(part, lowest, highest) for part in parts)


def _block(part: Sequence[float], lowest: float, highest: float) -> str:
    if not all(map(math.isfinite, part)):
        return NO_NUMBER
    top = max(part)
    if top <= 0:
        return NOTHING
    span = math.log(highest / lowest)
    share = math.log(max(top, lowest) / lowest) / span if span else 1.0
    return BLOCKS[min(int(share * len(BLOCKS)), len(BLOCKS) - 1)]
