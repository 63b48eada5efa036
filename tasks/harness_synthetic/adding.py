"""The adding problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from harness import Baseline, Batch, Metric, Real, Recipe
from harness_synthetic.drawn import Drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness import Totals

Marks = Literal["anywhere", "halves", "early"]
CONSTANT_MSE = 1 / 6
"""The squared error of always saying 1: the variance of the sum of two independent U[0, 1]."""
ADAM, DECAY = "adam:beta1=0.8:beta2=0.95", "linear:share=0.4"


class Adding(Drawn):
    """Remember two marked numbers and add them.

    Each step has two channels: a value from U[0, 1], and a mark, which is 1 at two steps and 0 elsewhere. The target,
    read after the last step, is the sum of the two marked values. Always answering 1 has a squared error of 1/6; the
    task counts as solved below a hundredth of that. Training sequences are drawn afresh at every step.

    Where the marks fall differs between papers: "anywhere" without replacement (Bai, Kolter and Koltun 2018), one in
    each of the "halves" (Arjovsky, Shah and Bengio 2016), or "early", the first in the first tenth and the second
    before the middle (Pascanu, Mikolov and Bengio 2013).

    Source: Hochreiter and Schmidhuber 1997, experiment 4, in its modern form.
    """

    metrics = (Metric("MSE", "lower", digits=4),)
    topology = "many to one"
    solved = CONSTANT_MSE / 100
    encoding = Real(2)
    output = Real(1)
    # The large constant rate finds the way off the plateau at 1/6, the decay makes the error small.
    recipes: ClassVar = {
        "smoke": Recipe(20, 32, 0.06, 1_250, optimiser=ADAM, schedule=DECAY, evaluations=2),
        "quick": Recipe(520, 128, 0.06, 1_250, optimiser=ADAM, schedule=DECAY),
        "full": Recipe(2_400, 128, 0.03, 1_250, optimiser=ADAM, schedule=DECAY, evaluations=24),
    }

    def __init__(self, length: Annotated[int, Ge(2)] = 100, marks: Marks = "anywhere") -> None:
        self.length = length
        self.marks = marks

    def score(self, totals: Totals) -> dict[str, float]:
        """Mean squared error."""
        return {"MSE": totals["loss"] / totals["count"]}

    def baselines(self) -> list[Baseline]:
        """The best constant: its error in theory, and on this test set, which is a sample."""
        here = float(np.mean((self.held_out("test").targets - 1) ** 2))
        return [Baseline("constant, in theory", {"MSE": CONSTANT_MSE}), Baseline("constant", {"MSE": here})]

    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """Values and marks (time, batch, 2), sums (batch, 1)."""
        values = rng.random((self.length, count), dtype=np.float32)  # (time, batch)
        first, second = self._positions(rng, count)
        columns = np.arange(count)
        marks = np.zeros_like(values)
        marks[first, columns] = marks[second, columns] = 1
        targets = values[first, columns] + values[second, columns]
        return Batch(np.stack([values, marks], axis=-1), targets[:, None])

    def _positions(self, rng: np.random.Generator, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        length = self.length
        if self.marks == "anywhere":
            first = rng.integers(length, size=count)
            return first, (first + rng.integers(1, length, size=count)) % length
        border = length // 2 if self.marks == "halves" else max(1, length // 10)
        end = length if self.marks == "halves" else max(border + 1, length // 2)
        return rng.integers(border, size=count), rng.integers(border, end, size=count)
