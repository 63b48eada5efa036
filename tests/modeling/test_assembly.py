"""Models are built so that cells can be compared: the same beginnings, for the same seed, of all that they share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness import Cell, Classes, Embedding, Gate, HarnessError, Layer, NotSupportedError, OneHot, Real
from harness.modeling.assembly import Architecture, build, check_cell, parameter_count
from harness.modeling.encoding import width
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.jordan import Jordan
from harness_scratch.lstm import LSTM
from harness_torch.layers import TorchLSTM

if TYPE_CHECKING:
    from torch import Tensor, nn

    from harness import Encoding, Output, States
    from harness.modeling.cell import CellClass

TEXT = Architecture(Embedding(11, 4), Classes(3), "many to one")


def batch_of(inputs: Tensor, lengths: Tensor | None = None, targets: Tensor | None = None) -> Any:
    """A batch of tensors as models take it, in any dtype."""
    return SimpleNamespace(inputs=inputs, lengths=lengths, targets=targets, target_lengths=None)


def values(module: nn.Module) -> list[Tensor]:
    return [parameter.detach() for parameter in module.parameters()]


@pytest.mark.parametrize("cell", [Elman, GRU, TorchLSTM])
def test_for_one_seed_embedding_and_readout_start_the_same_for_all_cells(cell: CellClass) -> None:
    ours, lstms = build(cell, {}, TEXT, 6, seed=1), build(LSTM, {}, TEXT, 6, seed=1)
    assert torch.equal(ours.encoder.weight, lstms.encoder.weight)
    torch.testing.assert_close(values(ours.readout), values(lstms.readout), rtol=0, atol=0)


def test_embedding_does_not_depend_on_the_hidden_size_or_the_number_of_layers() -> None:
    deep = Architecture(TEXT.encoding, TEXT.output, TEXT.topology, layers=3)
    assert torch.equal(build(GRU, {}, TEXT, 6, 1).encoder.weight, build(GRU, {}, deep, 9, 1).encoder.weight)


def test_seeds_decide_all_weights() -> None:
    one, same, two = (values(build(GRU, {}, TEXT, 6, seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    drawn = [(a, b) for a, b in zip(one, two, strict=True) if a.any()]  # biases start at zero
    assert len(drawn) > 4
    assert not any(torch.equal(a, b) for a, b in drawn)


def test_layers_of_one_model_start_differently() -> None:
    deep = Architecture(Real(5), Classes(3), "many to one", layers=2)
    first, second = build(Elman, {}, deep, 5, seed=1).recurrent
    assert not torch.equal(first.cell.hidden.recurrent, second.cell.hidden.recurrent)


def test_building_leaves_the_random_state_of_the_process_alone() -> None:
    before = torch.get_rng_state()
    build(LSTM, {}, TEXT, 6, seed=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_jordan_makes_the_prediction_itself_above_elman_layers() -> None:
    deep = Architecture(Real(2), Classes(3), "many to many", layers=3)
    model = build(Jordan, {}, deep, 7, seed=1)
    assert [type(layer.cell) for layer in model.recurrent] == [Elman, Elman, Jordan]
    assert parameter_count(model.readout) == 0
    outputs, _ = model(batch_of(torch.zeros(4, 5, 2)))
    assert outputs.shape == (4, 5, 3)


@pytest.mark.parametrize(("output", "total"), [(Classes(3), 1.0), (Real(3), None)], ids=str)
def test_jordan_feeds_back_probabilities_of_classes_and_plain_real_values(output: Output, total: float | None) -> None:
    model = build(Jordan, {}, Architecture(Real(2), output, "many to one"), 7, seed=1)
    z, [(_, y)] = model(batch_of(torch.ones(4, 5, 2)))
    torch.testing.assert_close(y.sum(dim=1), torch.full((5,), total) if total else z.sum(dim=1))
    assert torch.equal(y, z) == (total is None)


class Oracle(Cell):
    """Predicts, and names nothing to stand below it."""

    predicts = True

    def __init__(self, input_size: int, hidden_size: int, output_size: int, output_activation: nn.Module) -> None:
        super().__init__(input_size, hidden_size)
        self.output_size = output_size
        self.all = Gate(input_size, output_size)
        self.activation = output_activation

    def initial(self, batch: int) -> States:
        return (torch.zeros(batch, self.output_size),)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return self.all(x, h)


def test_a_predicting_cell_without_anything_below_it_is_not_supported_in_a_stack() -> None:
    one, two = (Architecture(Real(2), Classes(3), "many to one", layers=layers) for layers in (1, 2))
    assert build(Oracle, {}, one, 7, seed=1)(batch_of(torch.zeros(4, 5, 2)))[0].shape == (5, 3)
    with pytest.raises(NotSupportedError, match="names nothing to stand below it"):
        build(Oracle, {}, two, 7, seed=1)


def test_only_cells_and_layers_are_taken() -> None:
    assert check_cell(LSTM, '"lstm"') is LSTM
    assert check_cell(TorchLSTM, '"torch-lstm"') is TorchLSTM
    for candidate in (LSTM(1, 1), torch.nn.LSTM, "lstm"):
        with pytest.raises(HarnessError, match=r'^"x" is no cell: it must be a subclass of harness.Cell or'):
            check_cell(candidate, '"x"')
    assert issubclass(TorchLSTM, Layer)
    for unfinished, method in ((Cell, "step"), (type("Mine", (Cell,), {}), "step"), (Layer, "forward")):
        with pytest.raises(HarnessError, match=rf'^"x" is no cell yet: it must define {method}\.$'):
            check_cell(unfinished, '"x"')


def test_inputs_are_encoded_as_declared() -> None:
    tokens = torch.tensor([[2, 0], [1, 2]])
    one_hot = build(Elman, {}, Architecture(OneHot(3), Classes(2), "many to one"), 4, seed=1).double()
    expected = torch.tensor([[[0, 0, 1], [1, 0, 0]], [[0, 1, 0], [0, 0, 1]]], dtype=torch.float64)
    assert torch.equal(one_hot.encoder(tokens), expected)
    embedding = build(Elman, {}, TEXT, 4, seed=1)
    assert torch.equal(embedding.encoder(tokens), embedding.encoder.weight[tokens])
    real = build(Elman, {}, Architecture(Real(2), Classes(2), "many to one"), 4, seed=1)
    x = torch.randn(3, 1, 2)
    assert torch.equal(real.encoder(x), x)


@pytest.mark.parametrize(
    ("declared", "features"), [(OneHot(7), 7), (Embedding(7, 3), 3), (Real(2), 2), (Classes(5), 5)]
)
def test_an_encoding_says_how_many_features_it_gives(declared: Encoding | Classes, features: int) -> None:
    assert width(declared) == features


@pytest.mark.parametrize(("i", "h"), [(1, 1), (3, 7), (65, 32)])
def test_cells_have_as_many_parameters_as_papers_count(i: int, h: int) -> None:
    gate = h * (i + h) + h
    assert parameter_count(Elman(i, h)) == gate
    assert parameter_count(GRU(i, h)) == 3 * gate
    assert parameter_count(GRU(i, h, reset="after")) == 3 * gate + h
    assert parameter_count(LSTM(i, h)) == 4 * gate
    assert parameter_count(TorchLSTM(i, h)) == 4 * gate + 4 * h  # a second bias
    assert parameter_count(Jordan(i, h, 5, torch.nn.Identity())) == h * (i + 5) + h + 5 * h + 5


def test_frozen_parameters_do_not_count() -> None:
    cell = Elman(2, 3)
    cell.hidden.bias.requires_grad_(requires_grad=False)
    assert parameter_count(cell) == 3 * (2 + 3)
