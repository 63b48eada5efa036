"""What holds for every bundled cell and layer, through the whole model and the task's loss."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness import Classes, Embedding, Real
from harness.modeling.assembly import Architecture, build
from harness.registry import current
from harness.training.scoring import losses, select

if TYPE_CHECKING:
    from torch import Tensor, nn

    from harness import Output
    from harness.modeling.encoding import Topology

CELLS = ["elman", "gru", "gru:reset=after", "jordan", "lstm", "torch-gru", "torch-lstm", "torch-rnn"]
LENGTHS = torch.tensor([5, 1, 3])


def batch_of(inputs: Tensor, lengths: Tensor | None = None, targets: Tensor | None = None) -> Any:
    """A batch of tensors as models take it, in any dtype."""
    return SimpleNamespace(inputs=inputs, lengths=lengths, targets=targets, target_lengths=None)


def topology(*, many_to_one: bool) -> Topology:
    return "many to one" if many_to_one else "many to many"


def model_of(name: str, architecture: Architecture, hidden_size: int = 4, seed: int = 1) -> nn.Module:
    name, _, reset = name.partition(":reset=")
    cell = current().cells().find(f"cell-harness/{name}").load()
    return build(cell, {"reset": reset} if reset else {}, architecture, hidden_size, seed).double()


def real_batch(time: int) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(9, 3, 2, generator=generator, dtype=torch.float64)[:time]


def targets_of(output: Output, *, many_to_one: bool) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    leading = (3,) if many_to_one else (9, 3)
    if isinstance(output, Classes):
        return torch.randint(output.size, leading, generator=generator)
    return torch.randn(*leading, output.width, generator=generator, dtype=torch.float64)


def loss_and_gradients(
    model: nn.Module, x: Tensor, targets: Tensor, lengths: Tensor | None
) -> tuple[Tensor, dict[str, Tensor], Tensor]:
    model.zero_grad()
    x = x.clone().requires_grad_()
    outputs, _ = model(batch_of(x, lengths))
    loss = losses(*select(outputs, batch_of(x, lengths, targets))).mean()
    loss.backward()
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    return loss.detach(), gradients, x.grad


@pytest.mark.parametrize("many_to_one", [True, False], ids=["to one", "to many"])
@pytest.mark.parametrize("output", [Classes(3), Real(2)], ids=str)
@pytest.mark.parametrize("name", CELLS)
def test_padding_a_batch_more_changes_no_loss_and_no_gradient(name: str, output: Output, *, many_to_one: bool) -> None:
    model = model_of(name, Architecture(Real(2), output, topology(many_to_one=many_to_one)))
    targets = targets_of(output, many_to_one=many_to_one)
    x = real_batch(9)  # what lies behind the lengths is not even zero
    short = loss_and_gradients(model, x[:5], targets if many_to_one else targets[:5], LENGTHS)
    long = loss_and_gradients(model, x, targets, LENGTHS)
    torch.testing.assert_close(long[:2], short[:2], rtol=0, atol=1e-15)
    torch.testing.assert_close(long[2][:5], short[2], rtol=0, atol=1e-15)
    assert not long[2][5:].any()
    behind = torch.arange(9)[:, None] >= LENGTHS
    assert not long[2][behind].any()
    assert all(long[2][length - 1, row].any() for row, length in enumerate(LENGTHS))


@pytest.mark.parametrize("many_to_one", [True, False], ids=["to one", "to many"])
@pytest.mark.parametrize("name", CELLS)
def test_a_padded_batch_is_its_sequences_one_by_one(name: str, *, many_to_one: bool) -> None:
    output = Classes(3)
    model = model_of(name, Architecture(Real(2), output, topology(many_to_one=many_to_one)))
    targets, x = targets_of(output, many_to_one=many_to_one), real_batch(9)
    padded, _ = model(batch_of(x, LENGTHS))
    together = losses(*select(padded, batch_of(x, LENGTHS, targets)))
    alone = []
    for row, length in enumerate(LENGTHS.tolist()):
        outputs, _ = model(batch_of(x[:length, [row]]))
        own = targets[[row]] if many_to_one else targets[:length, [row]]
        alone.append(losses(*select(outputs, batch_of(x, None, own))))
    torch.testing.assert_close(together.sum(), torch.cat(alone).sum(), rtol=1e-13, atol=0)
    assert len(together) == len(torch.cat(alone))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", CELLS)
def test_chunks_with_carried_states_are_the_whole(name: str, layers: int) -> None:
    model = model_of(name, Architecture(Real(2), Classes(3), "many to many", layers=layers))
    x = real_batch(9)
    whole, last = model(batch_of(x))
    states, chunks = None, []
    for start, end in pairwise([0, 1, 5, 9]):
        outputs, states = model(batch_of(x[start:end]), states)
        chunks.append(outputs)
    torch.testing.assert_close(torch.cat(chunks), whole, rtol=0, atol=1e-14)
    torch.testing.assert_close(states, last, rtol=0, atol=1e-14)
    assert not torch.allclose(model(batch_of(x[5:]))[0], whole[5:])  # without the states they would differ


@pytest.mark.parametrize("name", CELLS)
def test_no_output_depends_on_later_inputs_or_on_other_rows(name: str) -> None:
    model = model_of(name, Architecture(Real(2), Classes(3), "many to many"))
    x = real_batch(9)
    changed = x.clone()
    changed[4, 1] += 1
    before, after = model(batch_of(x))[0], model(batch_of(changed))[0]
    differs = (before != after).any(dim=2)
    assert differs[4:, 1].any()
    assert not differs[:4].any()
    assert not differs[:, [0, 2]].any()


@pytest.mark.parametrize("name", CELLS)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    model = model_of(name, Architecture(Embedding(5, 3), Classes(3), "many to one"))
    outputs, _ = model(batch_of(torch.tensor([[0, 1], [2, 3], [4, 0]])))
    losses(outputs, torch.tensor([0, 2])).sum().backward()
    assert [name for name, parameter in model.named_parameters() if not parameter.grad.any()] == []
