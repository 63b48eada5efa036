"""The example of the documentation, word for word, works as a file that somebody wrote tonight."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch

from harness import Classes, Real
from harness.modeling.assembly import Architecture, build, check_cell, parameter_count
from harness.registry import Catalog

if TYPE_CHECKING:
    from pathlib import Path

    from harness.registry import Entry

MGU = '''
import torch
from torch import Tensor

from harness import Cell, Gate


class MGU(Cell):
    """Minimal gated unit: one gate decides both what to forget and what to write.

    Source: Zhou, Wu, Zhang and Zhou 2016, arXiv:1603.09420.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.forget = Gate(input_size, hidden_size)      # W x + U h + b
        self.candidate = Gate(input_size, hidden_size)

    def step(self, x: Tensor, h: Tensor) -> Tensor:      # x: (batch, input_size), h: (batch, hidden_size)
        f = torch.sigmoid(self.forget(x, h))
        n = torch.tanh(self.candidate(x, f * h))
        return torch.lerp(h, n, f)
'''


@pytest.fixture
def mgu(tmp_path: Path) -> Entry:
    path = tmp_path / "my_cell.py"
    path.write_text(MGU)
    return Catalog("cell", []).find(f"{path}:MGU")


def test_it_says_what_it_is(mgu: Entry) -> None:
    about = mgu.describe()
    assert about.summary == "Minimal gated unit: one gate decides both what to forget and what to write"
    assert about.citation == "Zhou, Wu, Zhang and Zhou 2016, arXiv:1603.09420."
    assert about.options == {}


def test_it_learns(mgu: Entry) -> None:
    cell = check_cell(mgu.load(), "MGU")
    model = build(cell, {}, Architecture(Real(1), Classes(2), "many to one", layers=2), 8, seed=0)
    assert parameter_count(model.recurrent[0]) == 2 * (8 * (1 + 8) + 8)
    x = torch.tensor([[[1.0], [-1.0]], [[0.0], [0.0]], [[0.0], [0.0]]])  # the sign of the first step
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(60):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            model(SimpleNamespace(inputs=x, lengths=None))[0], torch.tensor([0, 1])
        )
        loss.backward()
        optimiser.step()
    assert loss < 0.05


def test_a_cell_without_a_step_says_so(tmp_path: Path) -> None:
    path = tmp_path / "no_step.py"
    path.write_text("from harness import Cell, Gate\nclass Lazy(Cell):\n    def __init__(self, i, h):\n"
                    "        super().__init__(i, h)\n        self.gate = Gate(i, h)\n")  # fmt: skip
    cell = Catalog("cell", []).find(f"{path}:Lazy").load()
    model = build(cell, {}, Architecture(Real(1), Classes(2), "many to one"), 8, seed=0)
    with pytest.raises(NotImplementedError, match=r"a cell must define step\(self, x, \*states\)"):
        model(SimpleNamespace(inputs=torch.zeros(2, 1, 1), lengths=None))
