"""Models that write: the right symbols are read in training, their own ones later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from harness import Batch, Cell, Gate, Generated, Layer, NotSupportedError, OneHot, Real, Tensors
from harness.modeling.assembly import Architecture, build
from harness.modeling.decoder import EncoderDecoder
from harness.training.scoring import mean_loss
from harness_scratch.jordan import Jordan
from harness_scratch.lstm import LSTM
from harness_scratch.mingru import MinGRU
from harness_scratch.window import Window
from harness_torch.layers import TorchLSTM

OUTPUT = Generated(size=5, width=3, longest=6)
READS_ONE = Architecture(OneHot(4), OUTPUT, "encoder-decoder")
SEES_ONE = Architecture(Real(7), OUTPUT, "one to many")
LENGTHS, TARGET_LENGTHS = [4, 2, 3], [3, 1, 4]


def batch(architecture: Architecture, targets: Any = None) -> Tensors:
    rng = np.random.default_rng(0)
    if targets is None:
        targets = np.array([[2, 0, 1], [4, 0, 3], [0, 0, 1], [0, 0, 0]])
    if architecture is SEES_ONE:
        inputs, lengths = rng.normal(size=(3, 7)).astype(np.float32), None
    else:
        inputs, lengths = rng.integers(4, size=(4, 3)), np.array(LENGTHS)
    return Tensors(Batch(inputs, targets, lengths, np.array(TARGET_LENGTHS)), torch.device("cpu"))


def model(architecture: Architecture, cell: Any = LSTM) -> Any:
    made = build(cell, {}, architecture, 6, seed=0)
    with torch.no_grad():  # so that the outputs of a fresh model differ enough
        made.decoder.readout.weight.mul_(8)
    return made.eval()


@pytest.mark.parametrize("cell", [LSTM, TorchLSTM, MinGRU])
@pytest.mark.parametrize("architecture", [READS_ONE, SEES_ONE])
def test_what_is_written_is_not_read_off_the_targets(architecture: Architecture, cell: Any) -> None:
    made = model(architecture, cell)
    wrong = np.array([[1, 3, 4], [1, 3, 4], [1, 3, 4], [1, 3, 4]])
    assert made.answer(batch(architecture))[0] == made.answer(batch(architecture, wrong))[0]


@pytest.mark.parametrize("architecture", [READS_ONE, SEES_ONE])
def test_in_training_a_symbol_is_predicted_from_the_right_ones_before_it(architecture: Architecture) -> None:
    made, given = model(architecture), batch(architecture)
    logits, _ = made(given)
    assert logits.shape == (4, 3, 5)
    for step in range(4):
        changed = given.targets.clone()
        changed[step] = (changed[step] + 1) % 5
        other, _ = made(batch(architecture, changed.numpy()))
        torch.testing.assert_close(other[: step + 1], logits[: step + 1])
        if step < 3:
            assert (other[step + 1] - logits[step + 1]).abs().amax(dim=1).min() > 1e-3


@pytest.mark.parametrize("architecture", [READS_ONE, SEES_ONE])
def test_greedy_writing_reads_what_it_wrote(architecture: Architecture) -> None:
    """Teacher forcing on what was written predicts it again."""
    made = model(architecture)
    greedy = made.answer(batch(architecture))[0].greedy
    for row, written in enumerate(greedy):
        targets = np.zeros((OUTPUT.longest, 3), dtype=np.int64)
        targets[: len(written), row] = written
        logits, _ = made(batch(architecture, targets))
        said = logits[:, row].argmax(dim=1).tolist()
        assert said[: len(written)] == written
        assert len(written) == OUTPUT.longest or said[len(written)] == 0


@pytest.mark.parametrize("cell", [LSTM, TorchLSTM, MinGRU])
def test_the_decoder_starts_from_the_states_at_each_sequences_own_end(cell: Any) -> None:
    made, given = model(READS_ONE, cell), batch(READS_ONE)
    assert isinstance(made, EncoderDecoder)
    logits, _ = made(given)
    for row, length in enumerate(LENGTHS):
        inputs = given.inputs[:length, row : row + 1].numpy()
        one = Batch(inputs, given.targets[:, row : row + 1].numpy(), None, np.array(TARGET_LENGTHS[row : row + 1]))
        torch.testing.assert_close(made(Tensors(one, torch.device("cpu")))[0], logits[:, row : row + 1])


def test_the_loss_is_over_the_symbols_and_the_end_alone() -> None:
    made, given = model(READS_ONE), batch(READS_ONE)
    logits, _ = made(given)
    every = [
        cross_entropy(logits[t, row], given.targets[t, row]) for row in range(3) for t in range(TARGET_LENGTHS[row])
    ]
    assert len(every) == 8
    torch.testing.assert_close(mean_loss(logits, given, "encoder-decoder"), torch.stack(every).mean())


class Whole(Layer):
    """Reads a whole sequence at once, and cannot go on."""

    streams = False

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.linear = torch.nn.Linear(input_size, hidden_size)

    def initial(self, batch: int) -> tuple[torch.Tensor, ...]:
        return (self.linear.bias.new_zeros(batch, self.hidden_size),)

    def forward(self, x: Any, states: Any) -> Any:
        return self.linear(x).cumsum(0), states


class Starts(Cell):
    """A cell like any other."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)

    def step(self, x: Any, h: Any) -> Any:
        return torch.tanh(self.gate(x, h))


@pytest.mark.parametrize(
    ("cell", "architecture", "reason"),
    [
        (Whole, READS_ONE, "it reads whole sequences only, and here a sequence is written step by step"),
        (Whole, SEES_ONE, "it reads whole sequences only, and here a sequence is written step by step"),
        (Jordan, READS_ONE, "its state is the prediction itself, which does not hold what an encoder has read"),
        (Window, READS_ONE, r"its states depend on what it reads: the encoder's have shapes \[.*\], the decoder's"),
    ],
)
def test_what_cannot_write_says_why(cell: Any, architecture: Architecture, reason: str) -> None:
    with pytest.raises(NotSupportedError, match=f"^{reason}"):
        build(cell, {}, architecture, 6, seed=0)


def test_a_cell_of_a_third_party_reads_and_writes() -> None:
    for architecture in (READS_ONE, SEES_ONE):
        assert len(build(Starts, {}, architecture, 6, seed=0).answer(batch(architecture))[0].beam) == 3
