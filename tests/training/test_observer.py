"""Looking at training does not change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness import Recipe
from harness.modeling.assembly import Architecture, build
from harness.training.loop import train
from harness.training.observer import LENGTH, TEMPERATURE, Observer
from harness.training.splits import Splits
from harness.training.writing import write
from harness_scratch.gru import GRU
from harness_synthetic.adding import Adding
from harness_synthetic.recall import Copy
from harness_text.char_lm import CharLM

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Task
    from harness.modeling.assembly import AnyModel
    from harness.training.loop import Training

CPU = torch.device("cpu")


@pytest.fixture
def text(tmp_path: Path) -> CharLM:
    """The letters in turn."""
    path = tmp_path / "letters.txt"
    path.write_text("abcdefgh " * 60)
    return CharLM(str(path), chunk=5)


def learn(task: Task, steps: int, *, observed: bool, **settings: Any) -> tuple[AnyModel, Training, Observer | None]:
    fixed = {"steps": steps, "batch": 4, "learning_rate": 0.01, "parameters": 9, "evaluations": 2}
    recipe = Recipe(**{**fixed, **settings})
    shape = Architecture(task.encoding, task.output, task.topology, layers=2, dropout=recipe.dropout)
    model = build(GRU, {}, shape, 6, seed=0)
    splits = Splits(task, 0, CPU)
    observer = Observer(model, task, recipe, splits) if observed else None
    torch.manual_seed(0)
    return model, train(model, task, recipe, splits, CPU, lambda *_: None, observer), observer


@pytest.mark.parametrize("kind", ["text", "adding", "copy"])
def test_training_is_the_same_to_the_bit_with_and_without_an_observer(kind: str, text: CharLM) -> None:
    task = {"text": text, "adding": Adding(6), "copy": Copy(5)}[kind]
    (seen, first, observer), (alone, second, _) = (learn(task, 10, observed=o, dropout=0.5) for o in (True, False))
    assert first.losses == second.losses
    assert first.norms == second.norms
    assert [point.scores for point in first.curve] == [point.scores for point in second.curve]
    assert all(torch.equal(a, b) for a, b in zip(seen.parameters(), alone.parameters(), strict=True))
    assert observer is not None
    assert len(observer.diagnoses) == 2


def test_samples_are_taken_at_shares_of_training_and_diagnoses_at_its_ends(text: CharLM) -> None:
    _, _, observer = learn(text, 100, observed=True)
    assert observer is not None
    assert [sample.step for sample in observer.samples] == [0, 1, 5, 20, 50, 100]
    assert [diagnosis.step for diagnosis in observer.diagnoses] == [0, 100]
    assert observer.diagnosing.seconds > 0


def test_moments_that_fall_together_are_looked_at_once(text: CharLM) -> None:
    _, _, observer = learn(text, 10, observed=True)
    assert observer is not None
    assert [sample.step for sample in observer.samples] == [0, 2, 5, 10]  # 1% and 5% of ten steps are none


def test_a_sample_of_text_goes_on_from_the_tasks_prompt(text: CharLM) -> None:
    model, training, observer = learn(text, 3, observed=True, evaluations=1)
    assert training.best_step == 3
    assert observer is not None
    last = observer.samples[-1].text
    assert last.startswith(text.prompt)
    assert len(last) == len(text.prompt) + LENGTH
    assert last == write(model, text, text.prompt, LENGTH, TEMPERATURE)  # the model that is left, asked again


def test_a_task_that_shows_nothing_has_no_samples() -> None:
    _, _, observer = learn(Adding(6), 2, observed=True)
    assert observer is not None
    assert observer.samples == []


def test_training_that_diverges_keeps_what_was_seen_until_then(text: CharLM) -> None:
    model, training, observer = learn(text, 20, observed=True, learning_rate=1e30, clip=None, optimiser="sgd")
    assert training.diverged
    assert observer is not None
    assert [diagnosis.step for diagnosis in observer.diagnoses] == [0]
    assert observer.samples[0].step == 0
    assert model.training
