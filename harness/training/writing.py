"""Text that a language model writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from harness.data.batch import Batch
from harness.errors import HarnessError
from harness.modeling.tensors import Tensors

if TYPE_CHECKING:
    from harness.modeling.assembly import AnyModel
    from harness.training.task import LanguageTask


def write(
    model: AnyModel, task: LanguageTask, prompt: str, length: int, temperature: float = 1.0, seed: int = 0
) -> str:
    """Go on with a text.

    Args:
        model: trained on the task.
        task: knows the symbols.
        prompt: how the text begins; it stands in what is returned.
        length: how many symbols are added.
        temperature: logits are divided by it: lower is safer, higher more daring; 0 takes the likeliest symbol.
        seed: of the choices.

    Raises:
        HarnessError: the prompt is empty, or has a symbol that the task does not know.
    """
    symbols = task.encode(prompt)
    if not symbols:
        raise HarnessError("the prompt is empty: a text goes on from one symbol at least.")
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    read, states, written = symbols, None, []
    training = model.training
    model.eval()
    with torch.inference_mode():
        for _ in range(length):
            inputs = np.array(read, dtype=np.int64)[:, None]  # (time, 1)
            logits, states = model(Tensors(Batch(inputs, inputs), device), states)
            read = [_draw(logits[-1, 0].cpu(), temperature, generator)]
            written += read
    model.train(training)
    return task.decode([*symbols, *written])


def _draw(logits: torch.Tensor, temperature: float, generator: torch.Generator) -> int:
    """A symbol, of logits (symbols); the likeliest where the logits are no numbers or the temperature is 0."""
    if temperature == 0 or not bool(logits.isfinite().all()):
        return int(logits.argmax())
    return int(torch.multinomial((logits / temperature).softmax(dim=0), 1, generator=generator))
