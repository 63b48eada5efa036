"""The engine in forked and spawned workers, and over many steps."""

from __future__ import annotations

import gc
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from harness import Cell, Gate
from harness.modeling.recurrence import Recurrence

WORKERS = """
import multiprocessing, sys
import torch
from harness import Cell, Gate
from harness.modeling.recurrence import Recurrence, loop

class Plain(Cell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        torch.manual_seed(0)
        self.gate = Gate(input_size, hidden_size)

    def step(self, x, h):
        return torch.tanh(self.gate(x, h))

def both(seed, layer=None):
    layer = layer or Recurrence(Plain(4, 6), "native")
    x = torch.randn(5, 16, 4, generator=torch.Generator().manual_seed(seed), requires_grad=True)
    results = []
    for run in (layer, lambda *given: loop(layer.cell, *given)):
        outputs, _ = run(x, layer.initial(16))
        results.append((outputs.detach(), *torch.autograd.grad(outputs.sum(), [x, *layer.parameters()])))
    torch.testing.assert_close(*results)
    return seed

class Numbers(torch.utils.data.Dataset):
    layer = Recurrence(Plain(4, 6), "native")

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return both(index, self.layer)

if __name__ == "__main__":
    torch.set_num_threads(2)
    both(0, Numbers.layer)
    with multiprocessing.get_context(sys.argv[1]).Pool(2, torch.set_num_threads, (1,)) as pool:
        assert pool.map(both, range(4)) == [0, 1, 2, 3]
    data = torch.utils.data.DataLoader(Numbers(), num_workers=2, multiprocessing_context=sys.argv[1])
    assert [batch.item() for batch in data] == [0, 1, 2, 3]
    both(1, Numbers.layer)
"""


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_workers_that_start_after_threads_were_used(how: str, tmp_path: Path) -> None:
    script = tmp_path / "workers.py"
    script.write_text(WORKERS)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(script), how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stderr, done.returncode) == ("", 0)


class Two(Cell):
    """Two states and a normalised row."""

    states = ("h", "c")

    def __init__(self) -> None:
        super().__init__(4, 6)
        self.gate = Gate(4, 6, 12)

    def step(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, ...]:
        f, n = self.gate(x, h).chunk(2, 1)
        c = torch.sigmoid(f) * c + n
        return torch.softmax(c, 1), c


def held() -> tuple[int, int, int]:
    """Memory in pages, objects and open files of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages, len(gc.get_objects()), len(list(Path("/proc/self/fd").iterdir()))


def train(layer: Recurrence, steps: int, batch: int) -> None:
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        layer(torch.randn(8, batch, 4), layer.initial(batch))[0].square().sum().backward()
        optimiser.step()
        with torch.no_grad():
            layer(torch.randn(3, batch, 4), layer.initial(batch))


def assert_no_growth(steps: int) -> None:
    """Of several rounds of training one takes no more: what is kept each step shows in all of them."""
    layer = Recurrence(Two(), "native")
    train(layer, 200, batch=16)
    rounds = [held()]
    for _ in range(3):
        train(layer, steps // 3, batch=16)
        rounds.append(held())
    growth = [[now - before for now, before in zip(*pair, strict=True)] for pair in pairwise(rounds)]
    pages, objects, files = map(min, zip(*growth, strict=True))
    assert pages < steps // 30
    assert objects < 30
    assert files == 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_nothing_grows() -> None:
    assert_no_growth(900)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_nothing_grows_over_ten_thousand_steps() -> None:
    assert_no_growth(10_000)


def test_layers_that_are_gone_leave_nothing() -> None:
    def one() -> None:
        layer = Recurrence(Two(), "native")
        train(layer, 1, batch=4)

    one()
    _, objects, files = held()
    for _ in range(5):
        one()
    _, more, open_ = held()
    assert more - objects < 100
    assert open_ == files
