"""Syntax highlighting: what goes in, what is right, and how it is scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from harness import Batch, Classes, HarnessError, Tensors
from harness.modeling.assembly import Architecture, build
from harness.registry import current
from harness_text.highlight import LARGEST_VOCABULARY, Highlight
from harness_text.python_source import SIGNS, label

if TYPE_CHECKING:
    from pathlib import Path

CPU = torch.device("cpu")


@pytest.fixture
def files(tmp_path: Path) -> str:
    """Forty modules, each of lines of its own."""
    for number in range(40):
        lines = (f"def f{number}_{line}(x):\n    return {line} + x  # {line}\n" for line in range(12))
        (tmp_path / f"m{number:02}.py").write_text("".join(lines))
    return str(tmp_path / "*.py")


def logits(classes: np.ndarray) -> torch.Tensor:
    return torch.eye(7)[torch.as_tensor(classes)]


def test_each_character_has_the_class_that_its_file_gives_it(files: str) -> None:
    task = Highlight(files, length=60)
    batch = next(task.batches("test", 64, 0))
    assert batch.inputs.shape == batch.targets.shape
    assert batch.inputs.shape[0] == 60
    assert task.output == Classes(7)
    text = "".join(task._vocabulary.decode(batch.inputs[:, 0].tolist()))
    assert "def f" in text
    assert text.startswith(("def ", "    return"))
    place = text.index("return")
    assert {SIGNS[number] for number in batch.targets[place : place + 6, 0]} == {"k"}
    assert SIGNS[batch.targets[text.index("\n"), 0]] == "."


def test_an_engine_reads_its_batches_as_the_loop_does(files: str) -> None:
    """Pieces are kept in rows, so that the symbols of a time step lie far apart in memory."""
    task = Highlight(files, length=30)
    batch = Tensors(next(task.batches("train", 8, 0)), CPU)
    gru = current().cells().find("cell-harness/gru").load()
    loop, compiled = (
        build(gru, {}, Architecture(task.encoding, task.output, task.topology, engine=engine), 8, 0)(batch)[0]
        for engine in ("loop", "auto")
    )
    torch.testing.assert_close(compiled, loop)


def test_training_is_in_the_seeds_order_and_held_out_pieces_are_not(files: str) -> None:
    def first(split: str, seed: int) -> list[Any]:
        return next(Highlight(files, length=60).batches(split, 8, seed)).inputs.tolist()  # type: ignore[arg-type]

    assert first("train", 1) == first("train", 1) != first("train", 2)
    assert first("test", 1) == first("test", 2)


def test_fewer_examples_are_some_of_the_pieces_and_hold_out_the_same(files: str) -> None:
    few, more, whole = (Highlight(files, 60, examples)._pieces for examples in (3, 10, None))
    assert few["train"] == more["train"][:3]
    assert set(more["train"]) < set(whole["train"])
    assert few["test"] == whole["test"]
    with pytest.raises(HarnessError, match=r"examples=9999 asks for more than there are: .* pieces of source"):
        _ = Highlight(files, 60, 9999)._pieces


def test_scores_by_hand(files: str) -> None:
    task = Highlight(files, length=60)
    truth = np.array([[0, 1, 1, 2]]).T
    batch = Tensors(Batch(np.zeros_like(truth), truth), CPU)
    scores = task.score(task.tally(logits(np.array([[0, 1, 0, 3]]).T), batch))
    # right 2 of 4; F1 of the classes: 2/3, 2/3, 0 and 0 (2 was taken for 3), and 0 for the three that never come
    assert scores == pytest.approx({"accuracy": 50, "macro-F1": 100 * (2 / 3 + 2 / 3) / 7})


def test_a_perfect_labeller_gets_all_and_the_baselines_less_the_less_they_see(files: str) -> None:
    task = Highlight(files, length=60)
    totals: dict[str, Any] = {}
    for batch in task.batches("test", 64, 0):
        for name, value in task.tally(logits(batch.targets), Tensors(batch, CPU)).items():
            totals[name] = totals.get(name, 0) + value
    assert task.score(totals)["accuracy"] == 100
    accuracies = {baseline.name: baseline.scores["accuracy"] for baseline in task.baselines()}
    assert list(accuracies) == ["majority", "by character", "by three characters"]
    assert accuracies["majority"] < accuracies["by character"] < accuracies["by three characters"] < 100


def test_answers_stand_below_the_source(files: str) -> None:
    task = Highlight(files, length=60)
    source = "def f(x): # 1\n    return 1"
    batch = Tensors(task.read(source), CPU)
    known = label(source)
    assert known is not None
    shown = task.show(logits(np.array(list(known))[:, None]), batch)
    assert shown == ["def f(x): # 1", "kkk.nonoo.###", "    return 1", "....kkkkkk.0"]
    with pytest.raises(HarnessError, match=r"the prompt is empty: give a line of Python\."):
        task.read("")


def test_rare_characters_are_one(tmp_path: Path) -> None:
    for number in range(20):
        signs = "".join(chr(0x4E00 + 10 * number + n) for n in range(10))
        (tmp_path / f"{number}.py").write_text(f"# {signs}\n" * 5)
    task = Highlight(str(tmp_path / "*.py"), length=12)
    assert task.encoding.size == LARGEST_VOCABULARY
    prompt = task.read("\N{SNOWMAN}").inputs
    assert prompt.tolist() == [[LARGEST_VOCABULARY - 1]]


def test_one_long_text_is_refused() -> None:
    with pytest.raises(HarnessError, match="highlight splits by file, and kjv is one text: name files of Python"):
        Highlight("kjv")


def test_the_standard_library_gives_as_much_as_it_should() -> None:
    task = Highlight()
    assert {split: len(part) for split, part in task._pieces.items()} == {
        "train": 16_000,
        "validation": 500,
        "test": 2_000,
    }
    held_out = {piece.text for split in ("validation", "test") for piece in task._pieces[split]}  # type: ignore[index]
    assert not held_out & {piece.text for piece in task._pieces["train"]}
