"""The contract of a task: its data, what goes in and out, what is measured, and one recipe a budget."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from harness.data.batch import Batch, Split
    from harness.data.card import DataSet
    from harness.modeling.encoding import Encoding, Output
    from harness.training.recipe import Budget, Recipe

Totals = dict[str, Any]
"""Named sums over examples: numbers or arrays that add up over batches."""


@dataclass(frozen=True)
class Metric:
    """A figure of merit: its name, whether lower or higher is better, and how many digits to show after the point."""

    name: str
    direction: Literal["lower", "higher"]
    digits: int = 4

    @property
    def arrow(self) -> str:
        """The direction as a sign."""
        return "↓" if self.direction == "lower" else "↑"

    def better(self, a: float, b: float) -> bool:
        """Whether a is better than b; anything is better than NaN."""
        if b != b:  # noqa: PLR0124 - NaN
            return a == a  # noqa: PLR0124
        return a < b if self.direction == "lower" else a > b


@dataclass(frozen=True)
class Baseline:
    """A trivial predictor and its scores on the test set: what a cell has to beat."""

    name: str
    scores: Mapping[str, float]


class Task(ABC):
    """A problem with its data and its protocol.

    A subclass sets the class attributes, implements the abstract members, and takes its options as keyword arguments of
    its constructor, with defaults; ranges are written `Annotated[int, Ge(2)]`. Constructing a task reads no data.
    """

    metrics: ClassVar[tuple[Metric, ...]]
    """What is measured; the first is the one that chooses the best state and stands in tables."""
    recipes: ClassVar[Mapping[Budget, Recipe]]
    """The recipe of each budget."""
    many_to_one: ClassVar[bool]
    """Whether the output is read once a sequence, at its end, or at every step."""
    solved: ClassVar[float | None] = None
    """The value of the first metric beyond which the task counts as solved, where that makes sense."""

    @property
    @abstractmethod
    def encoding(self) -> Encoding:
        """How inputs are presented."""

    @property
    @abstractmethod
    def output(self) -> Output:
        """What the model gives."""

    @abstractmethod
    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """The data of a split.

        Args:
            split: "train" gives batches without end, in an order that the seed determines; "validation" and "test" give
                each example once, and the same whatever the seed.
            batch: the number of sequences in a batch.
            seed: of the run: the same data in the same order for every cell.
        """

    @abstractmethod
    def score(self, totals: Totals) -> dict[str, float]:
        """The metrics, by name, from the sums of `tally` over a split."""

    @abstractmethod
    def baselines(self) -> Sequence[Baseline]:
        """Trivial predictors, fitted on the training set and scored on the test set."""

    def datasets(self) -> tuple[DataSet, ...]:
        """The data sets that this task reads."""
        return ()

    def fingerprint(self) -> str:
        """What identifies the data: two runs with equal fingerprints saw the same examples."""
        return " ".join(card.fingerprint for card in self.datasets())

    def loss(self, outputs: Tensor, targets: Tensor, lengths: Tensor | None) -> Tensor:
        """The training loss: by default cross-entropy in nats for classes, squared error for real values.

        Either is a mean over the examples, or over the steps within their lengths.
        """
        from harness.training.scoring import losses, select  # noqa: PLC0415 - declaring a task needs no torch

        return losses(*select(outputs, targets, lengths)).mean()

    def tally(self, outputs: Tensor, targets: Tensor, lengths: Tensor | None) -> Totals:
        """The sums that `score` needs, over one batch: by default "loss", "count" and, for classes, "correct"."""
        from harness.training.scoring import select, totals  # noqa: PLC0415

        return totals(*select(outputs, targets, lengths))
