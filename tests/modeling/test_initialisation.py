"""Initial weights that a recipe names, for cells of every kind."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from harness import HarnessError, OneHot
from harness.modeling.assembly import Architecture, build
from harness.modeling.encoding import Classes, Embedding
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.lstm import LSTM
from harness_torch.layers import TorchGRU, TorchLSTM, TorchRNN

HIDDEN = 16
GATES = {Elman: 1, GRU: 3, LSTM: 4, TorchRNN: 1, TorchGRU: 3, TorchLSTM: 4}


def model(cell: Any, init: str, *, layers: int = 1, bidirectional: bool = False, seed: int = 0) -> Any:
    shape = Architecture(Embedding(5, 6), Classes(4), "many to many", layers, bidirectional, init=init)
    return build(cell, {}, shape, HIDDEN, seed)


def matrices(made: Any) -> list[Any]:
    return [matrix.detach() for layer in made.recurrent for matrix in layer.recurrent_matrices().values()]


@pytest.mark.parametrize("cell", GATES)
def test_orthogonal_makes_every_recurrent_matrix_so_and_changes_nothing_else(cell: Any) -> None:
    before, after = (model(cell, init, layers=2, bidirectional=True) for init in ("uniform:bound=0.5", "orthogonal"))
    assert len(matrices(after)) == 4 * GATES[cell]
    assert all(not torch.allclose(u @ u.T, torch.eye(HIDDEN), atol=1e-4) for u in matrices(before))
    for u in matrices(after):
        torch.testing.assert_close(u @ u.T, torch.eye(HIDDEN), rtol=0, atol=1e-5)
    own = dict(model(cell, "cell", layers=2, bidirectional=True).named_parameters())
    changed = [name for name, weights in after.named_parameters() if not torch.equal(weights, own[name])]
    assert len(changed) == (8 if cell is GRU else 4)  # whose candidate is a product of its own
    assert all("recurrent" in name or "weight_hh" in name for name in changed)


@pytest.mark.parametrize("cell", GATES)
def test_uniform_draws_all_weights_within_its_bound(cell: Any) -> None:
    for parameter in model(cell, "uniform:bound=0.03").parameters():
        assert parameter.abs().max() <= 0.03
        assert parameter.abs().max() > 0.01
        assert len(parameter.unique()) > 1


@pytest.mark.parametrize("cell", GATES)
def test_torch_draws_the_recurrent_layers_as_torch_nn_does(cell: Any) -> None:
    made, own = model(cell, "torch"), model(cell, "cell")
    for parameter in made.stack.parameters():
        assert parameter.abs().max() <= HIDDEN**-0.5
        assert parameter.abs().max() > 0.5 * HIDDEN**-0.5
    assert torch.equal(made.readout.weight, own.readout.weight)
    assert torch.equal(made.encoder.weight, own.encoder.weight)


@pytest.mark.parametrize("init", ["orthogonal", "uniform", "torch"])
def test_the_seed_decides(init: str) -> None:
    first, again, other = (
        torch.cat([p.flatten() for p in model(GRU, init, seed=s).stack.parameters()]) for s in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_name_that_there_is_not_is_told() -> None:
    with pytest.raises(HarnessError, match='there is no init "xavier"'):
        build(GRU, {}, Architecture(OneHot(3), Classes(3), "many to many", init="xavier"), 4, seed=0)
