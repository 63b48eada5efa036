"""What the intervals and letters of a table can bear, in sentences."""

from __future__ import annotations

from statistics import quantiles
from typing import TYPE_CHECKING

from harness.analysis.statistics.intervals import ALPHA
from harness.analysis.statistics.power import detectable
from harness.analysis.tables.numbers import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.analysis.comparison import Column, Comparison

FEW = 100
"""More seeds than these are not counted: nobody runs them."""
PLENTY = 10
"""A number of seeds that somebody might run, to hold the present one against."""

TELLING = 8
"""Seeds from which on quartiles tell anything."""


def caveats(comparison: Comparison) -> Iterator[str]:
    """How the table was judged, and what it would take to say more."""
    seeds = sorted({score.seeds + score.failed for score in comparison.scores})
    pairs = [pair for column in comparison.columns for pair in column.pairs]
    judged = (
        " Cells that share a letter cannot be told apart (paired t over seeds, Holm over "
        f"{_adjusted(comparison, len(pairs))}); the best, and all that share a letter with it, are bold."
        if pairs
        else ""
    )
    yield f"Mean ± 95% interval over {_range(seeds)}.{judged}"
    if seeds[0] < 2:  # noqa: PLR2004
        yield "One seed says nothing about spread: no interval, and cells cannot be told apart."
    if pairs and any(score.failed for score in comparison.scores):
        yield "A cell of which a run failed is not compared, and has no letter."
    yield from _dragged(comparison.columns)
    yield from _looked(comparison.columns)
    yield from _undecided(comparison.columns)
    fixed = [pair for column in comparison.columns if not column.looks for pair in column.pairs]
    undecided = [pair for pair in fixed if not pair.decided and pair.seeds > 1]
    if undecided:
        yield _detectable(min(pair.seeds for pair in undecided), len(undecided))


def _dragged(columns: Sequence[Column]) -> Iterator[str]:
    """Means that a few runs drag further from the median than the middle half of the runs is wide.

    Of ten normal scores that happens in 0.04% of cases, of ten exponential ones in 2%. Where runs solve a task or do
    not, their share says it already.
    """
    for column in columns:
        for cell, score in column.scores.items():
            values = [run.scores[column.metric] for run in column.runs[cell] if run.status == "finished"]
            if score.solved is not None or len(values) < TELLING:
                continue
            low, _, high = quantiles(values, n=4, method="inclusive")
            mean, median = (value(number, column.digits) for number in (score.mean, score.median))
            if abs(score.mean - score.median) > high - low and mean != median:
                yield (
                    f"{cell} on {column.title}: a few of {len(values)} runs are so far from the others that its mean, "
                    f"its interval and its letters say little; the median is {median}."
                )


def _adjusted(comparison: Comparison, pairs: int) -> str:
    """Of how many comparisons the p-values are adjusted together."""
    if comparison.earlier is None:
        return _count(pairs, "comparison")
    then = sum(len(column.pairs) for column in comparison.earlier.then.columns)
    return f"{_count(then, 'comparison')} at {comparison.earlier.at} and {pairs - then:,} in full"


def _looked(columns: Sequence[Column]) -> Iterator[str]:
    """How it was decided who gets more seeds, for each plan of looks."""
    for looks in dict.fromkeys(column.looks for column in columns if column.looks[1:]):
        pairs = [pair for column in columns if column.looks == looks for pair in column.pairs]
        decided = sum(pair.decided for pair in pairs)
        given_up = sum(pair.hopeless and pair.seeds < looks[-1] for pair in pairs)
        rest = f", and {given_up} given up, as {looks[-1]} seeds would hardly decide them" if given_up else ""
        if not pairs:
            yield "No seeds were added: there are no two cells to compare on a task."
            continue
        at = ", ".join(map(str, looks[:-1]))
        yield (
            f"Seeds were added at {at} while comparisons were open, up to {looks[-1]}; all looks share the error. "
            f"{decided} of {_count(len(pairs), 'comparison')} decided{rest}."
        )


def _undecided(columns: Sequence[Column]) -> Iterator[str]:
    """How many more seeds would tell the best two of each task apart."""
    open_ = [(column, column.pairs[0]) for column in columns if column.pairs and not column.pairs[0].decided]
    more = [(pair.needed - pair.seeds, column, pair) for column, pair in open_ if pair.needed is not None]
    near = sorted((entry for entry in more if entry[0] <= FEW), key=lambda entry: entry[0])
    listed = [f"on {column.title} {count} ({value(pair.difference, column.digits)})" for count, column, pair in near]
    if listed:
        yield f"More seeds that would show the difference of the best two, if it is what it seems: {', '.join(listed)}."
    elif any(pair.seeds > 2 for _, pair in open_):  # noqa: PLR2004 - of two nobody can tell
        yield f"Where the best two cannot be told apart, {FEW} more seeds would not tell them apart either."


def _detectable(seeds: int, comparisons: int) -> str:
    """What the present number of seeds shows, and what a larger one would."""
    alpha = ALPHA / comparisons
    more = f", {PLENTY} seeds one of {_short(detectable(PLENTY, alpha))}" if seeds < PLENTY else ""
    undecided = f"{_count(comparisons, 'comparison')} undecided"
    size = _short(detectable(seeds, alpha))
    return f"With {undecided}, {seeds} seeds show a difference of {size} standard deviations (power 0.8){more}."


def _short(number: float) -> str:
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"  # noqa: PLR2004


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def _range(seeds: Sequence[int]) -> str:
    return _count(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
