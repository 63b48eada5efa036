"""Weights as data."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from harness import Classes, HarnessError, OneHot
from harness.modeling.assembly import Architecture, build
from harness.runs.weights import pack, unpack
from harness_scratch.gru import GRU
from harness_scratch.lstm import LSTM

SHAPE = Architecture(OneHot(3), Classes(2), "many to one", 2)


def test_weights_come_back_to_the_bit() -> None:
    model, other = (build(LSTM, {"peephole": True}, SHAPE, 4, seed) for seed in (1, 2))
    with torch.no_grad():
        next(model.parameters()).copy_(torch.tensor(float("nan")))  # whatever they are
    unpack(other, pack(model))
    values = zip(model.state_dict().values(), other.state_dict().values(), strict=True)
    assert all(torch.equal(a.view(torch.int32), b.view(torch.int32)) for a, b in values)


def test_what_is_packed_is_no_view_of_the_model() -> None:
    model = build(GRU, {}, SHAPE, 4, seed=1)
    state = pack(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    unpack(model, state)
    assert any(bool(parameter.any()) for parameter in model.parameters())


class Tied(nn.Module):
    """A weight under two names, one of them the wrong way round, and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.arange(6.0).reshape(2, 3))
        self.two = self.one
        self.turned = nn.Parameter(torch.arange(6.0).reshape(2, 3).T)
        self.register_buffer("mean", torch.tensor(5.0, dtype=torch.float64))


def test_shared_turned_and_scalar_weights_can_be_kept() -> None:
    model, other = Tied(), Tied()
    with torch.no_grad():
        for value in other.state_dict().values():
            value.zero_()
    unpack(other, pack(model))
    assert all(torch.equal(other.state_dict()[name], value) for name, value in model.state_dict().items())
    assert other.one is other.two


@pytest.mark.parametrize("damage", ["cut", "empty", "noise", "other size", "other cell"])
def test_what_does_not_fit_is_told(damage: str) -> None:
    state = pack(build(GRU, {}, SHAPE, 4, seed=1))
    wrong = {
        "cut": state[:-1],
        "empty": b"",
        "noise": b"\xff" * 100,
        "other size": pack(build(GRU, {}, SHAPE, 5, seed=1)),
        "other cell": pack(build(LSTM, {}, SHAPE, 4, seed=1)),
    }[damage]
    with pytest.raises(HarnessError, match=r"^the weights do not fit: they are damaged, or the cell or task was chang"):
        unpack(build(GRU, {}, SHAPE, 4, seed=1), wrong)
