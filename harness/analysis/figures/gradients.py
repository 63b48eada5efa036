"""How much of the error arrives at each time step, before and after training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.analysis.comparison import Column
    from harness.runs.record import RunRecord

DEPTH = 1e-14
"""Of the largest gradient, below which nothing is drawn."""
DRAWN = 60
"""Time steps of a line, at most: more lie closer than a pixel, so neighbours are averaged."""
MOMENTS = ("before training", "after training")


@dataclass(frozen=True)
class Flow:
    """‖∂L/∂h_t‖ of one recurrent layer of one cell, the geometric mean over seeds.

    Attributes:
        cell: which.
        layer: its name in the model, for people.
        moment: one of `MOMENTS`.
        steps: time steps, counted from 1; where neighbours were averaged, their middle.
        norms: of the gradient at each; 0 where it vanished for every seed.
    """

    cell: str
    layer: str
    moment: str
    steps: Sequence[float]
    norms: Sequence[float]


def flows(column: Column) -> list[Flow]:
    """All layers of all cells on a task."""
    return [flow for cell, runs in column.runs.items() for flow in _of_cell(cell, runs)]


def layer_name(name: str) -> str:
    """The name of a module in the model, for people: `decoder.stack.layers.0` is decoder layer 0."""
    return name.replace("stack.layers.", "layer ").replace(".", " ")


def _of_cell(cell: str, runs: Sequence[RunRecord]) -> Iterable[Flow]:
    seen: dict[tuple[str, str], list[Sequence[float]]] = {}
    for run in runs:
        for diagnosis in run.diagnoses:
            moment = MOMENTS[bool(diagnosis["step"])]
            for layer, norms in diagnosis["gradients"].items():
                seen.setdefault((layer_name(layer), moment), []).append(norms)
    for (layer, moment), lines in seen.items():
        mean = [_geometric(norms) for norms in zip(*lines, strict=False)]  # seeds may read sequences of other lengths
        if mean:
            yield Flow(cell, layer, moment, *_thinned(mean))


def _geometric(norms: Sequence[float]) -> float:
    """The geometric mean of what is positive and finite; 0 where nothing is."""
    logarithms = [math.log(norm) for norm in norms if 0 < norm < math.inf]
    return math.exp(fmean(logarithms)) if logarithms else 0.0


def _thinned(norms: Sequence[float]) -> tuple[list[float], list[float]]:
    count = min(DRAWN, len(norms))
    edges = [round(number * len(norms) / count) for number in range(count + 1)]
    parts = [(start, end) for start, end in pairwise(edges)]
    return [(start + end + 1) / 2 for start, end in parts], [_geometric(norms[start:end]) for start, end in parts]
