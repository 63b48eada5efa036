"""The gate on small runs: what breaks a cell or its training is red, and other seeds alone are not.

`benchmarks/gate.py` does the same on the project's own suite, with more mutants, and takes long.
"""

from __future__ import annotations

import random
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from harness.modeling import recurrence
from harness.training import loop
from harness_text.streamed import StreamedText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Command, Once
    from torch import Tensor

    from harness import Batch, Cell, Split

ROOT = Path(__file__).parents[2]
BENCHMARK = ROOT / "benchmarks" / "gate.py"
ELMAN = (ROOT / "plugins" / "harness_scratch" / "elman.py").read_text()
SUITE = """
version = 1
cells = ["elman.py:Elman"]
tasks = ["char-lm:corpus=book.txt:chunk=1"]
seeds = 3
budget = "smoke"
hidden = 32
engine = "loop"

[set]
steps = 200
batch = 32
learning_rate = 0.003

[tolerance]
perplexity = "25%"
"""


@pytest.fixture
def made(harness: Command, once: Once, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """`harness compare`, in a folder with a cell, a text, and a baseline; nobody else's certificates are seen.

    In the text the last character but one tells the next: perplexity is about 1.3 with a state, and beyond 3 without.
    """

    def make() -> None:
        rng, text = random.Random(0), "ab"
        for _ in range(4000):
            text += text[-2] if rng.random() < 0.9 else rng.choice("abcd")
        Path("elman.py").write_text(ELMAN)
        Path("book.txt").write_text(text)
        Path("ci.toml").write_text(SUITE)
        assert harness("run", "--suite", "ci.toml", "--out", "ci", "--workers", 0).code == 0
        assert harness("baseline", "ci", "-o", "ci.json").code == 0

    monkeypatch.setattr("harness.testing.certificate.cache_folder", lambda: tmp_path / "cache")
    once(make)
    for name in [name for name in sys.modules if name.startswith("elman_")]:
        monkeypatch.delitem(sys.modules, name)  # a new process would import the file anew
    return lambda *more: harness("compare", "ci.json", "--workers", 0, *more)


def test_other_seeds_are_green(made: Command) -> None:
    done = made("--first-seed", 100)
    assert done.code == 0, done.out


def test_a_cell_that_does_not_see_its_state_is_red(made: Command) -> None:
    assert "self.hidden(x, h)" in ELMAN
    Path("elman.py").write_text(ELMAN.replace("self.hidden(x, h)", "self.hidden(x, 0 * h)"))
    done = made()
    assert done.code == 1, done.out


def test_a_state_that_is_lost_in_training_alone_is_red(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "detach", lambda _: None)
    done = made()
    assert done.code == 1, done.out


def test_a_gradient_that_does_not_flow_through_time_fails_the_check(
    made: Command, harness: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same cell, of whose code there is a certificate already."""
    assert harness("check", "elman.py:Elman").code == 0
    assert harness("baseline", "ci", "-o", "ci.json").code == 0
    step = recurrence.loop

    def forgetful(cell: Cell, x: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        outputs = []
        for x_t in x.split(1):
            output, states = step(cell, x_t, tuple(state.detach() for state in states))
            outputs.append(output)
        return torch.cat(outputs), states

    monkeypatch.setattr(recurrence, "loop", forgetful)
    done = made()
    assert done.code == 1, done.out
    assert "certificate" in done.out
    assert "WORSE: failed" in done.out


def test_test_data_that_are_trained_on_are_told(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    read = StreamedText.batches

    def leaking(task: StreamedText, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        if split == "train":
            yield next(read(task, "test", batch, seed))
        yield from read(task, split, batch, seed)

    monkeypatch.setattr(StreamedText, "batches", leaking)
    done = made()
    assert done.code == 2, done.out
    assert "the train data differ" in done.out


def test_every_mutant_of_the_benchmark_can_be_made() -> None:
    """Code moves, and a mutant whose text is gone would say nothing."""
    for name, (_, file, old, new) in runpy.run_path(str(BENCHMARK))["MUTANTS"].items():
        text = (ROOT / file).read_text()
        assert old in text, name
        compile(text.replace(old, new, 1), file, "exec")
