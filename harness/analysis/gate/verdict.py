"""What is said of each cell, task and metric."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.analysis.tables.numbers import value

if TYPE_CHECKING:
    from harness.runs.suite.tolerance import Tolerance

Kind = Literal["better", "same", "worse", "not comparable", "identical"]
GREEN, RED, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class Verdict:
    """What is said of one metric of one cell on one task.

    Attributes:
        cell: its name with options.
        task: likewise; of a speed, what it is held against.
        metric: what is compared.
        kind: the verdict.
        before: the baseline's mean; None where there is none.
        now: the mean of the results.
        digits: to show of them after the point.
        change: how much worse it is, in the unit of the tolerance: below 0 it is better; None where nobody can tell.
        most: it is at most this, at a level of 95%.
        least: it is at least this, likewise; of speeds alone.
        tolerance: how much worse it may be.
        why: what cannot be read from the numbers, in a sentence.
    """

    cell: str
    task: str
    metric: str
    kind: Kind
    before: float | None = None
    now: float | None = None
    digits: int = 2
    change: float | None = None
    most: float | None = None
    least: float | None = None
    tolerance: Tolerance | None = None
    why: str = ""

    @property
    def name(self) -> str:
        """Of what is judged, in a line."""
        return f"{self.cell} on {self.task}: {self.metric}"

    def shown(self, number: float | None) -> str:
        """One of the means, as text."""
        return "–" if number is None else value(number, self.digits)

    def words(self) -> str:
        """The verdict with what it rests on."""
        kind = self.kind.upper() if self.kind == "worse" else self.kind
        if self.why:
            return f"{kind}: {self.why}"
        if self.kind == "identical" or self.change is None or self.most is None or self.tolerance is None:
            return kind
        if self.kind == "better":
            return f"better by {self._amount(-self.change)}"
        by, allowed = self._amount(self.change), f"{self.tolerance} allowed"
        if self.least is not None:
            sure = f"{self._amount(self.least)} for sure" if self.least > 0 else "perhaps not at all"
            return f"{kind} ({f'{by} slower, {sure}' if self.change > 0 else 'no slower'}, {allowed})"
        most = f"at most {self._amount(self.most)}"
        if self.kind == "same":
            return f"same ({'no' if self.most <= 0 else most} worse, {allowed})"
        ruled_out = self.change > self.tolerance.value
        return f"{kind} by {by}, {most} ({allowed})" if ruled_out else f"{kind} cannot be ruled out: {most} ({allowed})"

    def _amount(self, number: float) -> str:
        relative = self.tolerance is not None and self.tolerance.relative
        return f"{100 * number:.1f}%" if relative else value(number, self.digits)


@dataclass(frozen=True)
class Judgement:
    """All verdicts, and what else there is to know."""

    verdicts: list[Verdict]
    notes: list[str]

    @property
    def exit_code(self) -> int:
        """0 where nothing is worse, 1 where something is, 2 where something cannot be told."""
        kinds = {verdict.kind for verdict in self.verdicts}
        return RED if "worse" in kinds else UNUSABLE if "not comparable" in kinds else GREEN

    def summary(self) -> str:
        """The numbers of verdicts, in a line."""
        counts = Counter(verdict.kind for verdict in self.verdicts)
        good = counts["same"] + counts["better"] + counts["identical"]
        known = f"{good} same or better ({counts['identical']} identical)"
        return f"{counts['worse']} worse, {known}, {counts['not comparable']} not comparable"


def no_worse(mean: float, most: float, allowed: float) -> Kind:
    """Better is what is shown to be, and by more than is tolerated."""
    return "better" if most < 0 and -mean > allowed else "same"
