"""Every two cells on every task: which is better, and whether that is more than chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from harness.analysis.statistics.differences import BySeed, Difference, holm
from harness.analysis.statistics.intervals import ALPHA
from harness.analysis.statistics.letters import letters
from harness.analysis.statistics.power import seeds_needed, unbiased
from harness.analysis.statistics.spending import promise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PROMISE = 0.2
"""How likely more seeds have to be to decide a comparison, for them to be run."""


@dataclass(frozen=True)
class Pair:
    """Two cells on one task, over the seeds that both have.

    Attributes:
        task: the title of its column.
        metric: what is compared.
        better: the cell with the better mean.
        worse: the other.
        seeds: that both have.
        difference: by how much it is better on average, in the unit of the metric; never below 0.
        low: lower end of the 95% interval of the difference; NaN for fewer than two seeds.
        high: upper end.
        spread: the standard deviation of the differences; NaN for fewer than two seeds.
        p: two-sided, of Student's test over the paired seeds; of all looks together where seeds were added as needed.
        adjusted: the same for all comparisons of the table together (Holm).
        improvement: the probability that it is better at a seed.
        improvement_low: lower end of the 95% interval of that.
        improvement_high: upper end.
        hopeless: whether it is not decided, and hardly would be by adding seeds up to the last look; always where the
            number of seeds was fixed before.
        needed: the number of seeds that would show a difference of this size with a power of 0.8; None where it is
            shown already, where that cannot be told, and where it is more than anybody would run.
    """

    task: str
    metric: str
    better: str
    worse: str
    seeds: int
    difference: float
    low: float
    high: float
    spread: float
    p: float
    adjusted: float
    improvement: float
    improvement_low: float
    improvement_high: float
    hopeless: bool
    needed: int | None

    @property
    def decided(self) -> bool:
        """Whether the difference is more than chance."""
        return self.adjusted < ALPHA


@dataclass(frozen=True)
class Contest:
    """The scores on one task, by cell and seed; of cells without a failed run.

    `looks` are the numbers of seeds at which it was looked whether more are added; empty where that was fixed before.
    `solved` says, by cell and seed, which runs solved the task, as 1 and 0; empty where that makes no sense.
    """

    task: str
    metric: str
    direction: str
    scores: Mapping[str, BySeed]
    looks: tuple[int, ...] = ()
    solved: Mapping[str, BySeed] = field(default_factory=dict)

    def ranking(self) -> list[str]:
        """The cells, from the best mean to the worst."""
        sign = 1 if self.direction == "lower" else -1
        return sorted(self.scores, key=lambda cell: sign * self.scores[cell].mean)

    def differences(self) -> Iterator[tuple[str, str, Difference]]:
        """By how much one cell is better than another: each two that share a seed, the better one first."""
        for one, other in combinations(self.ranking(), 2):
            found = self._difference(one, other)
            if found.seeds:
                yield (other, one, self._difference(other, one)) if found.mean < 0 else (one, other, found)

    def letters(self, pairs: Iterable[Pair]) -> dict[str, str]:
        """The compact letter display; empty for fewer than two cells."""
        return letters(self.ranking(), _apart(pairs)) if len(self.scores) > 1 else {}

    def best(self, pairs: Iterable[Pair]) -> set[str]:
        """The cell with the best mean, and all that cannot be told from it."""
        first = self.ranking()[:1]
        apart = _apart(pairs)
        return {cell for cell in self.scores if frozenset({cell, *first}) not in apart}

    def _difference(self, one: str, other: str) -> Difference:
        """By how much one is better than the other."""
        above, below = (other, one) if self.direction == "lower" else (one, other)
        solved = [self.solved[cell] for cell in (one, other) if cell in self.solved]
        return Difference.of(self.scores[above], self.scores[below], self.looks, solved)


def compare_all(contests: Sequence[Contest]) -> list[list[Pair]]:
    """The pairs of each contest; their p-values are adjusted for all of them together."""
    found = [list(contest.differences()) for contest in contests]
    adjusted = holm([difference.p for entries in found for *_, difference in entries])
    alpha = ALPHA / max(1, sum(p >= ALPHA for p in adjusted))  # which the next comparison to be decided has to meet
    rest = iter(adjusted)
    return [
        [_pair(contest, better, worse, difference, next(rest), alpha) for better, worse, difference in entries]
        for contest, entries in zip(contests, found, strict=True)
    ]


def _apart(pairs: Iterable[Pair]) -> set[frozenset[str]]:
    return {frozenset({pair.better, pair.worse}) for pair in pairs if pair.decided}


def _pair(contest: Contest, better: str, worse: str, difference: Difference, adjusted: float, alpha: float) -> Pair:
    share, (share_low, share_high) = difference.share_above
    return Pair(
        task=contest.task,
        metric=contest.metric,
        better=better,
        worse=worse,
        seeds=difference.seeds,
        difference=difference.mean,
        low=difference.low,
        high=difference.high,
        spread=difference.spread,
        p=difference.p,
        adjusted=adjusted,
        improvement=share,
        improvement_low=share_low,
        improvement_high=share_high,
        hopeless=adjusted >= ALPHA and _hopeless(difference, contest.looks, alpha),
        needed=None if adjusted < ALPHA else _needed(difference, alpha),
    )


def _hopeless(difference: Difference, looks: Sequence[int], alpha: float) -> bool:
    if difference.seeds <= min(looks, default=0) and len(looks) > 1:
        return False  # the first look is too early to tell
    return not looks or promise(difference.mean, difference.spread, difference.seeds, looks, alpha) < PROMISE


def _needed(difference: Difference, alpha: float) -> int | None:
    if not difference.spread > 0:
        return None
    needed = seeds_needed(unbiased(difference.mean / difference.spread, difference.seeds), alpha)
    return None if needed is None else max(needed, difference.seeds + 1)
