"""Floating-point operations of a forward pass, against products counted by hand."""

from __future__ import annotations

import pytest
import torch

from harness.training.timing.candidate import Candidate
from harness.training.timing.flops import count
from harness.training.timing.shape import Shape

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
