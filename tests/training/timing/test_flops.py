"""Floating-point operations of a forward pass, against products counted by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from harness import Batch, Cell, Classes, Gate, Generated, Real
from harness.modeling.assembly import Architecture, build, state_size
from harness.modeling.tensors import Tensors
from harness.training.timing.candidate import Candidate
from harness.training.timing.flops import count, per_step
from harness.training.timing.shape import Shape
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.jordan import Jordan
from harness_scratch.lstm import LSTM
from harness_scratch.mingru import MinGRU
from harness_torch.layers import TorchLSTM

if TYPE_CHECKING:
    from harness.modeling.encoding import Topology

BATCH, TIME, INPUT, HIDDEN, OUTPUT = 5, 7, 3, 4, 6
GATE = 2 * BATCH * TIME * (INPUT + HIDDEN) * HIDDEN
GATES = {"torch-rnn": 1, "torch-gru": 3, "torch-lstm": 4, "elman": 1, "gru": 3, "gru:reset=after": 3, "lstm": 4}


@pytest.mark.parametrize("cell", GATES)
def test_a_gate_is_two_products(cell: str) -> None:
    """Those of torch.nn's LSTM are seen, too, which oneDNN computes otherwise."""
    assert counted(cell) == GATES[cell] * GATE
    assert torch.backends.mkldnn.enabled


def test_a_jordan_network_has_one_product_more() -> None:
    # W x, U y and V h, with y as wide as the output
    assert counted("jordan") == 2 * BATCH * TIME * (INPUT * HIDDEN + OUTPUT * HIDDEN + HIDDEN * OUTPUT)


def test_a_layer_that_is_no_loop_is_counted_whole() -> None:
    assert counted("mingru") == 2 * BATCH * TIME * 2 * INPUT * HIDDEN


def counted(cell: str) -> int:
    layer = Candidate.find(cell).build(Shape(BATCH, TIME, INPUT, HIDDEN, OUTPUT), "auto")
    return count(layer, torch.randn(TIME, BATCH, INPUT, requires_grad=True))


def model(cell: Any, topology: Topology = "many to many", **more: Any) -> Any:
    output = Generated(OUTPUT, 2, longest=4) if topology == "encoder-decoder" else Classes(OUTPUT)
    architecture = Architecture(Real(INPUT), output, topology, engine="loop", **more)
    return build(cell, {}, architecture, HIDDEN, seed=0)


@pytest.mark.parametrize("cell", [Elman, GRU, LSTM, Jordan, MinGRU])
@pytest.mark.parametrize("more", [{}, {"layers": 2}, {"bidirectional": True, "layers": 2, "dropout": 0.3}], ids=str)
def test_a_step_has_its_share_of_what_torch_counts_in_a_forward_pass(cell: Any, more: dict[str, Any]) -> None:
    if cell is Jordan and "bidirectional" in more:
        more = {"layers": 3}
    built = model(cell, **more)
    x = np.zeros((TIME, BATCH, INPUT), dtype=np.float32)
    batch = Tensors(Batch(x, np.zeros((TIME, BATCH), dtype=np.int64)), torch.device("cpu"))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        built(batch)
    assert per_step(built) * TIME * BATCH == counter.get_total_flops()


def test_a_fused_layer_counts_as_its_gates_with_the_readout_only_where_it_is_read() -> None:
    gates = 2 * 4 * HIDDEN * (INPUT + HIDDEN)
    assert per_step(model(TorchLSTM)) == gates + 2 * HIDDEN * OUTPUT
    assert per_step(model(TorchLSTM, "many to one")) == gates


def test_reading_and_writing_count_by_halves() -> None:
    reads, writes = 2 * HIDDEN * (INPUT + HIDDEN), 2 * HIDDEN * (2 + HIDDEN) + 2 * HIDDEN * OUTPUT
    assert per_step(model(Elman, "encoder-decoder")) == (reads + writes) // 2


def test_the_state_is_what_all_layers_hand_on_and_of_a_writer_its_decoder() -> None:
    assert state_size(model(GRU, layers=2)) == 2 * HIDDEN
    assert state_size(model(LSTM, bidirectional=True)) == 4 * HIDDEN
    assert state_size(model(TorchLSTM)) == 2 * HIDDEN
    assert state_size(model(GRU, "encoder-decoder")) == HIDDEN
    assert state_size(model(Jordan)) == 2 * OUTPUT  # z and y, however wide its hidden layer


class Noisy(Cell):
    """Draws random numbers in training."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)

    def step(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.gate(x, h)) + torch.rand(1)


def test_counting_changes_no_run() -> None:
    built = model(Noisy)
    before = torch.get_rng_state()
    per_step(built)
    assert torch.equal(torch.get_rng_state(), before)
    assert built.training
