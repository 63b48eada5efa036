"""Looking at a model while it learns: its diagnosis at both ends of training, and samples on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from harness.training.clock import Clock
from harness.training.diagnostics import Diagnosis, diagnose
from harness.training.task import LanguageTask, Task
from harness.training.writing import write

if TYPE_CHECKING:
    from harness.modeling.assembly import AnyModel
    from harness.training.recipe import Recipe
    from harness.training.splits import Splits

SHARES = (0.0, 0.01, 0.05, 0.2, 0.5, 1.0)
"""Of training, after which samples are taken."""
LENGTH = 200
"""Symbols of a sample of text."""
TEMPERATURE = 0.8
ROWS = 16
"""Sequences that are looked at."""


@dataclass(frozen=True)
class Sample:
    """What a model makes at one moment of training: a text that it writes, or some of its answers."""

    step: int
    text: str


class Observer:
    """Looks at a model before training, at some moments of it, and after it; the model is left as it was.

    Args:
        model: to look at.
        task: it learns.
        recipe: says how long.
        splits: the validation set is looked at.
    """

    def __init__(self, model: AnyModel, task: Task, recipe: Recipe, splits: Splits) -> None:
        self._model = model
        self._task = task
        self._last = recipe.steps
        self._batch = splits.few(ROWS)
        self.moments = frozenset(round(share * recipe.steps) for share in SHARES)
        self.diagnoses: list[Diagnosis] = []
        self.diagnosing = Clock(next(model.parameters()).device)
        self.samples: list[Sample] = []

    def look(self, step: int) -> None:
        """Look at the model after a step; 0 is before the first one."""
        if step in {0, self._last}:
            self.diagnosing.start()
            self.diagnoses.append(diagnose(self._model, self._task, self._batch, step))
            self.diagnosing.stop()
        if text := self._sample():
            self.samples.append(Sample(step, text))

    def _sample(self) -> str:
        if isinstance(self._task, LanguageTask):
            return write(self._model, self._task, self._task.prompt, LENGTH, TEMPERATURE)
        self._model.eval()
        with torch.inference_mode():
            outputs, _ = self._model.answer(self._batch)
            lines = self._task.show(outputs, self._batch)
        self._model.train()
        return "\n".join(lines)
