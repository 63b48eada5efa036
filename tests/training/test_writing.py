"""Text that a model writes, against a loop that reads all of it anew for each symbol."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest
import torch

from harness import HarnessError
from harness.data.batch import Batch
from harness.modeling.assembly import Architecture, build
from harness.modeling.tensors import Tensors
from harness.training.writing import write
from harness_scratch.elman import Elman
from harness_scratch.lstm import LSTM
from harness_scratch.mingru import MinGRU
from harness_text.char_lm import CharLM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.modeling.cell import CellClass
    from harness.modeling.model import Model


@pytest.fixture
def task(tmp_path: Path) -> CharLM:
    path = tmp_path / "text.txt"
    path.write_text("abcd" * 50)
    return CharLM(str(path), chunk=5)


def model_of(cell: CellClass, task: CharLM, scale: float = 1.0) -> Model:
    """Untrained, with a readout that is so much surer than usual."""
    model = cast("Model", build(cell, {}, Architecture(task.encoding, task.output, task.topology, 2), 8, seed=3))
    with torch.no_grad():
        for parameter in model.readout.parameters():
            parameter.mul_(scale)
    return model


def biased(task: CharLM, logits: Sequence[float]) -> Model:
    """Gives the same logits whatever it reads."""
    model = model_of(Elman, task, scale=0.0)
    with torch.no_grad():
        model.readout.bias.copy_(torch.tensor(logits))  # type: ignore[operator]
    return model


@pytest.mark.parametrize("temperature", [0.0, 0.7])
@pytest.mark.parametrize("cell", [LSTM, MinGRU])
def test_every_symbol_follows_from_all_that_stands_before_it(cell: CellClass, temperature: float, task: CharLM) -> None:
    model = model_of(cell, task, scale=5.0).eval()
    generator = torch.Generator().manual_seed(11)
    symbols = task.encode("cab")
    for _ in range(30):
        read = np.array(symbols)[:, None]
        with torch.no_grad():
            logits = model(Tensors(Batch(read, read), torch.device("cpu")))[0][-1, 0]
        if temperature == 0:
            symbols.append(int(logits.argmax()))
        else:
            chances = (logits / temperature).softmax(0)
            symbols.append(int(torch.multinomial(chances, 1, generator=generator)))
    assert write(model, task, "cab", 30, temperature, seed=11) == task.decode(symbols)


def test_a_seed_decides_the_text_and_draws_nothing_of_other_random_numbers(task: CharLM) -> None:
    model = model_of(LSTM, task)
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    first, other, again = (write(model, task, "a", 40, seed=seed) for seed in (1, 2, 1))
    assert torch.equal(torch.rand(2), expected)
    assert first == again != other
    assert len(first) == 41


@pytest.mark.parametrize(("temperature", "share"), [(1.0, 3 / 4), (0.5, 9 / 10), (2.0, 3**0.5 / (1 + 3**0.5))])
def test_temperature_makes_the_likely_likelier_or_less_so(temperature: float, share: float, task: CharLM) -> None:
    a, b = task.encode("ab")
    logits = [-50.0] * task.vocabulary.size
    logits[a], logits[b] = math.log(3), 0.0
    text = write(biased(task, logits), task, "c", 2000, temperature)[1:]
    assert set(text) == {"a", "b"}
    assert text.count("a") / 2000 == pytest.approx(share, abs=0.03)  # about three standard deviations


def test_a_model_that_gives_no_numbers_still_writes(task: CharLM) -> None:
    broken = biased(task, [math.nan] * task.vocabulary.size)
    assert len(write(broken, task, "ab", 5)) == 7


def test_writing_leaves_dropout_out_and_the_model_as_it_was(task: CharLM) -> None:
    shape = Architecture(task.encoding, task.output, task.topology, 2, dropout=0.9)
    model = build(LSTM, {}, shape, 8, seed=3)
    training = write(model.train(), task, "a", 40)
    assert model.training
    assert write(model.eval(), task, "a", 40) == training
    assert not model.training


def test_nothing_is_added_where_nothing_is_asked_for(task: CharLM) -> None:
    assert write(model_of(LSTM, task), task, "abc", 0) == "abc"


def test_a_prompt_that_cannot_be_read_is_told(task: CharLM) -> None:
    model = model_of(LSTM, task)
    with pytest.raises(HarnessError, match=r"^the prompt is empty: a text goes on from one symbol at least\.$"):
        write(model, task, "", 5)
    with pytest.raises(HarnessError, match=r"^the character 'z' is not in .*, which has: 'abcd'\.$"):
        write(model, task, "abz", 5)
