"""What the table says over all of its tasks: the rank diagram and the profile, as the template draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.figures.profiles import THRESHOLDS, profiles
from harness.analysis.figures.ranks import diagram
from harness.analysis.figures.scale import Scale
from harness.analysis.report.chart import Chart, Line, Stop, across, area, path, upwards

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.figures.ranks import Stalk

WIDTH, SIDE, TOP = 460, 125, 30
"""Of the diagram: its width, the room for names at either side, and what is above its axis."""
GAP, BETWEEN, STEP = 14, 10, 20
"""From the axis to the first bar, from bar to bar, and from name to name."""
LONGEST = 15
"""Signs of a name that have room."""


@dataclass(frozen=True)
class Name:
    """A cell at a side: its number, its line, and where its name and rank stand."""

    cell: int
    path: str
    text: str
    full: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Ranks:
    """The critical-difference diagram in places of the drawing."""

    scale: Scale
    names: Sequence[Name]
    bars: Sequence[tuple[float, float, float]]
    critical: tuple[float, str] | None
    height: float
    tasks: int
    width: int = WIDTH
    top: int = TOP


def ranks(comparison: Comparison, numbers: Mapping[str, int]) -> Ranks | None:
    """That of a table; None where there are not two tasks on which the same two cells were tried."""
    found = diagram(comparison)
    if found is None:
        return None
    scale = Scale(1, len(found.stalks), SIDE, WIDTH - SIDE)
    below = TOP + GAP + BETWEEN * len(found.groups)
    names = [_name(stalk, numbers[stalk.cell], scale, below + STEP * (stalk.level - 0.5)) for stalk in found.stalks]
    bars = [(scale(low), scale(high), TOP + GAP + BETWEEN * place) for low, high, place in found.groups]
    text = f"critical difference {found.critical:.2f}" if found.critical else ""
    critical = (scale(1 + found.critical), text) if found.critical else None
    return Ranks(scale, names, bars, critical, below + STEP * (found.levels + 1), found.tasks)


def _name(stalk: Stalk, number: int, scale: Scale, y: float) -> Name:
    side = scale.start if stalk.left else scale.end
    name = stalk.cell if len(stalk.cell) <= LONGEST else stalk.cell[: LONGEST - 1] + "…"
    text = f"{name}  {stalk.rank:.1f}" if stalk.left else f"{stalk.rank:.1f}  {name}"
    line = f"M{scale(stalk.rank):g} {TOP}V{y:g}H{side:g}"
    return Name(
        number, line, text, stalk.cell, side + (-6 if stalk.left else 6), y + 4, "end" if stalk.left else "start"
    )


def profile(comparison: Comparison, numbers: Mapping[str, int]) -> list[Chart]:
    """On which share of tasks cells are above each normalised score; none where there is no such thing."""
    found = profiles(comparison)
    if not found:
        return []
    x, y = across(THRESHOLDS[0], THRESHOLDS[-1]), upwards(0, 1)
    chart = Chart("Profile over tasks", x, y, "normalised score", "share of tasks above it")
    for one in found:
        places = [(x(at), y(share)) for at, (share, _, _) in zip(THRESHOLDS, one.shares, strict=True)]
        ends = list(zip(THRESHOLDS, one.shares, strict=True))
        band = area([(x(at), y(high)) for at, (_, _, high) in ends], [(x(at), y(low)) for at, (_, low, _) in ends])
        if "nan" not in band:
            chart.bands.append((numbers[one.cell], band))
        chart.lines.append(Line(numbers[one.cell], path(places), places[:: len(THRESHOLDS) // 5]))
    for place, at in enumerate(THRESHOLDS):
        here = sorted(found, key=lambda one: -one.shares[place][0])
        rows = [(numbers[one.cell], f"{one.shares[place][0]:.0%}") for one in here]
        chart.stops.append(Stop((x(at), None), f"above {at:.2f}", rows))
    return [chart]
