"""The temporal order problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from harness import Baseline, Batch, Classes, Metric, OneHot, Recipe
from harness_synthetic.drawn import Drawn

if TYPE_CHECKING:
    from harness import Totals

MARKERS, DISTRACTORS = 2, 4
ORDERS = ("XX", "XY", "YX", "YY")
"""The classes: which marker came first, which second."""


class TemporalOrder(Drawn):
    """Say in which order two markers came.

    Sequences are of four distractors, but for two steps at which a marker X or Y stands: one in the second tenth of the
    sequence, one in the sixth. The class, read after the last step, is their order: XX, XY, YX or YY. It counts as
    solved where less than 1% are wrong. Training sequences are drawn afresh at every step.

    Source: Hochreiter and Schmidhuber 1997, experiment 6a, as in Pascanu, Mikolov and Bengio 2013, section 4.1, who
    train on lengths from 50 to 200.
    """

    metrics = (Metric("accuracy", "higher", digits=1),)
    topology = "many to one"
    solved = 99.0
    encoding = OneHot(MARKERS + DISTRACTORS)
    output = Classes(len(ORDERS))
    recipes: ClassVar = {
        "smoke": Recipe(20, 32, 0.01, 5_000, evaluations=2),
        "quick": Recipe(400, 64, 0.01, 5_000, schedule="linear:share=0.4", evaluations=5),
        "full": Recipe(8_000, 64, 0.005, 5_000, schedule="linear:share=0.4", evaluations=20),
    }

    def __init__(self, length: Annotated[int, Ge(10)] = 50) -> None:
        self.length = length

    def score(self, totals: Totals) -> dict[str, float]:
        """Accuracy in percent."""
        return {"accuracy": 100 * totals["correct"] / totals["count"]}

    def baselines(self) -> list[Baseline]:
        """All orders are equally likely."""
        return [Baseline("guess", {"accuracy": 100 / len(ORDERS)})]

    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """Symbols (time, batch), of which 0 is X and 1 is Y, and orders (batch)."""
        tenth = self.length // 10
        symbols = rng.integers(MARKERS, MARKERS + DISTRACTORS, size=(self.length, count))
        markers = rng.integers(MARKERS, size=(2, count))
        columns = np.arange(count)
        symbols[tenth + rng.integers(tenth, size=count), columns] = markers[0]
        symbols[self.length // 2 + rng.integers(tenth, size=count), columns] = markers[1]
        return Batch(symbols, MARKERS * markers[0] + markers[1])
