"""The contract of a task: its data, what goes in and out, what is measured, and one recipe a budget."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from harness.data.batch import Batch, Split
    from harness.data.card import DataSet
    from harness.modeling.encoding import Encoding, Output, Topology
    from harness.modeling.tensors import Tensors
    from harness.training.recipe import Budget, Recipe
    from harness.training.space import Range

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
    topology: ClassVar[Topology]
    """How inputs and outputs lie in time."""
    causal: ClassVar[bool] = False
    """Whether an output must not depend on later inputs: such a task is never read from its end. What a decoder writes
    is causal anyhow."""
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

    def space(self, recipe: Recipe) -> Mapping[str, Range]:
        """What `--tune` chooses from, by setting: by default the learning rate, a tenth to ten times the recipe's."""
        from harness.training.space import LogUniform  # noqa: PLC0415 - only who tunes needs it

        return {"learning_rate": LogUniform(recipe.learning_rate / 10, recipe.learning_rate * 10)}

    def fingerprint(self) -> str:
        """What identifies the data: two runs with equal fingerprints saw the same examples."""
        return " ".join(card.fingerprint for card in self.datasets())

    def loss(self, outputs: Tensor, batch: Tensors) -> Tensor:
        """The training loss, a mean over the examples, or over the steps within their lengths.

        By default cross-entropy in nats for classes and generated symbols, their sum for binary values, squared error
        for real values, and for CTC the negative log-likelihood of a target sequence (Graves et al. 2006), a mean over
        sequences.

        Args:
            outputs: of the model; see `Model` for the shapes.
            batch: what went in, and what should come out.
        """
        from harness.training.scoring import mean_loss  # noqa: PLC0415 - declaring a task needs no torch

        return mean_loss(outputs, batch, self.topology)

    def tally(self, outputs: Any, batch: Tensors) -> Totals:  # noqa: ANN401 - logits, or what was decoded
        """The sums that `score` needs, over one batch: by default "loss", "count" and, for classes, "correct".

        Args:
            outputs: as in `loss`; `Hypotheses` where sequences are generated.
            batch: what went in, and what should come out.
        """
        from harness.training.scoring import totals  # noqa: PLC0415

        return totals(outputs, batch)

    def show(self, outputs: Any, batch: Tensors) -> list[str]:  # noqa: ANN401, ARG002
        """Some answers of the model, a line each, for people to read; by default none.

        Args:
            outputs: as in `tally`.
            batch: the first batch of the validation set, whatever the seed.
        """
        return []

    def read(self, prompt: str) -> Batch:
        """A user's own input as a batch of one, for `harness sample --prompt`.

        Raises:
            HarnessError: the task takes no prompts, or not this one.
        """
        raise HarnessError(f"{type(self).__name__} takes no prompt: {prompt!r} was given.")


class LanguageTask(Task):
    """A task whose outputs are the next symbol of a text, so that its models can write.

    Outputs are `Classes` over the symbols that go in.
    """

    topology: ClassVar[Topology] = "many to many"
    causal: ClassVar[bool] = True

    @property
    @abstractmethod
    def prompt(self) -> str:
        """What the samples of text that are stored with every run begin with."""

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """A text as symbols."""

    @abstractmethod
    def decode(self, symbols: Sequence[int]) -> str:
        """Symbols as a text."""
