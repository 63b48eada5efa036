"""What a finished run's model makes of a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from harness.errors import HarnessError
from harness.modeling.tensors import Tensors
from harness.runs.building import build_model, load_task
from harness.runs.states import read_state
from harness.runs.weights import unpack
from harness.training.observer import LENGTH, ROWS, TEMPERATURE
from harness.training.task import LanguageTask, Task
from harness.training.writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from harness.modeling.assembly import AnyModel
    from harness.runs.record import RunRecord


@dataclass(frozen=True)
class Wish:
    """What a user wants to see; what is None is left to the task.

    Attributes:
        prompt: how a text begins, or an input.
        temperature: of the choices of a language model.
        length: symbols that it adds.
        seed: of its choices.
    """

    prompt: str | None = None
    temperature: float | None = None
    length: int | None = None
    seed: int | None = None


def sample(folder: Path, record: RunRecord, wish: Wish) -> str:
    """A text that the run's model writes, or some of its answers.

    Raises:
        HarnessError: the run keeps no state, or the task does not do what was wished for.
    """
    spec = record.spec
    if record.status != "finished" or record.hidden_size is None:
        raise HarnessError(f'run {spec.key} ({spec}) ended as "{record.status}": it keeps no state to sample from.')
    state = read_state(folder, spec.key)
    model = build_model(spec, record.hidden_size, spec.seed)
    unpack(model, state)
    task = load_task(spec.task, spec.plugins)
    if isinstance(task, LanguageTask):
        length, temperature = wish.length or LENGTH, TEMPERATURE if wish.temperature is None else wish.temperature
        prompt = task.prompt if wish.prompt is None else wish.prompt
        return write(model, task, prompt, length, temperature, wish.seed or 0)
    _check(wish, task, spec.task.label)
    return answer(model, task, wish.prompt)


def answer(model: AnyModel, task: Task, prompt: str | None) -> str:
    """What the model makes of a prompt, or of the first validation examples."""
    batch = next(iter(task.batches("validation", ROWS, 0))) if prompt is None else task.read(prompt)
    tensors = Tensors(batch, torch.device("cpu"))
    model.eval()
    with torch.inference_mode():
        outputs, _ = model.answer(tensors)
        return "\n".join(task.show(outputs, tensors))


def _check(wish: Wish, task: Task, label: str) -> None:
    """See that a task that is no language model does what is wished for."""
    given = {"--temperature": wish.temperature, "--length": wish.length, "--seed": wish.seed}
    for option, value in given.items():
        if value is not None:
            raise HarnessError(f"{option} is for language models: {label} has one answer to an input.")
    if type(task).show is Task.show:
        raise HarnessError(f"{label} has no answers that could be shown.")
    if wish.prompt is not None and type(task).read is Task.read:
        raise HarnessError(f"{label} takes no prompt: without one it answers the first validation examples.")
