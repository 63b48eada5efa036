"""Word language modelling: what a word is, which words are known, and what perplexity then means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness import Batch, HarnessError, OneHot, Tensors
from harness_text.word_lm import NEWLINE, WordLM, joined, words

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def book(tmp_path: Path) -> str:
    """1,000 words: of each ten four are "the", three "cat", two "sat" and one comes nowhere else."""
    path = tmp_path / "book.txt"
    path.write_text(" ".join(f"the cat sat the cat the sat cat the x{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}"
                             for n in range(100)))  # fmt: skip
    return str(path)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop, self-driving car!", ["don't", "stop", ",", "self-driving", "car", "!"]),
        ("It\N{RIGHT SINGLE QUOTATION MARK}s 3:15; pay 1,200.50 now.",
         ["it\N{RIGHT SINGLE QUOTATION MARK}s", "3:15", ";", "pay", "1,200.50", "now", "."]),
        ("one\n\n  two\tthree", ["one", NEWLINE, "two", "three"]),
        ("'quoted' - (a_b)", ["'", "quoted", "'", "-", "(", "a", "_", "b", ")"]),
        ("Ärger über naïve Œuvre", ["ärger", "über", "naïve", "œuvre"]),
        ("R2D2", ["r", "2", "d", "2"]),
        ("", []),
    ],
)  # fmt: skip
def test_a_text_is_read_as_words(text: str, tokens: list[str]) -> None:
    assert words(text) == tokens


def test_words_are_written_as_a_text() -> None:
    assert joined(["he", "said", ":", "go", "(", "now", ")", ",", NEWLINE, "please", "."]) == (
        "he said: go (now),\nplease."
    )
    assert words(joined(words("The cat, (and) the dog.\nGone!"))) == words("The cat, (and) the dog.\nGone!")


def test_only_the_most_frequent_words_are_known(book: str) -> None:
    task = WordLM(book, vocabulary=4, chunk=10)
    assert task.vocabulary.symbols == ("the", "cat", "sat", "<unknown>")
    assert task.encoding == OneHot(4)
    assert task.encode("the dog sat") == [0, 3, 2]
    assert task.decode([0, 1, 3]) == "the cat <unknown>"


def test_words_as_frequent_as_each_other_are_chosen_by_their_letters(book: str) -> None:
    assert WordLM(book, vocabulary=6, chunk=10).vocabulary.symbols[3:] == ("xaa", "xab", "<unknown>")


def test_perplexity_and_the_share_of_unknown_words_by_hand(book: str) -> None:
    task = WordLM(book, vocabulary=4, chunk=10)
    batch = Tensors(Batch(*[torch.tensor([[0], [3], [3], [1]]).numpy()] * 2), torch.device("cpu"))
    totals = task.tally(torch.zeros(4, 1, 4), batch)
    assert (totals["count"], totals["unknown"]) == (4, 2)
    assert task.score(totals) == pytest.approx({"perplexity": 4, "bits per word": 2, "unknown words": 50})


def test_baselines_by_hand(book: str) -> None:
    baselines = {b.name: b.scores for b in WordLM(book, vocabulary=4, chunk=10).baselines()}
    assert baselines["uniform"]["perplexity"] == pytest.approx(4)
    # The last 50 words are five times the nine known ones and an unknown one; all but the first follow another.
    assert baselines["unigram"]["unknown words"] == pytest.approx(100 * 5 / 49)
    # Witten-Bell mixes 900 words of 4 kinds with a uniform guess: p = (count + 4 / 4) / (900 + 4).
    counted = {"the": (20, 361 / 904), "cat": (15, 271 / 904), "sat": (10, 181 / 904), "unknown": (5, 91 / 904)}
    nats = -sum(count * math.log(p) for count, p in counted.values()) / 50
    assert baselines["unigram"]["perplexity"] == pytest.approx(math.exp(nats))
    assert baselines["2-gram"]["perplexity"] < baselines["unigram"]["perplexity"]


def test_every_held_out_word_but_the_first_is_predicted_once(book: str) -> None:
    task = WordLM(book, vocabulary=4, chunk=10)
    assert sum(batch.targets.size for batch in task.batches("test", 64, 0)) == 49
    batch = next(task.batches("train", 4, 0))
    assert (batch.inputs[1:] == batch.targets[:-1]).all()


def test_fewer_examples_are_words_and_keep_the_vocabulary(book: str) -> None:
    few = WordLM(book, vocabulary=6, chunk=10, examples=20)
    assert len(few._symbols["train"]) == 20
    assert few.vocabulary == WordLM(book, vocabulary=6, chunk=10).vocabulary
    with pytest.raises(HarnessError, match="a chunk of 10 needs 11 words"):
        WordLM(book, chunk=10, examples=5)


def test_a_text_that_is_too_short_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("some words " * 10)
    task = WordLM(str(tmp_path / "short.txt"))
    with pytest.raises(HarnessError, match=r"has 20 words, and chunks of 20 need 440"):
        _ = task.encoding


def test_the_bible_has_a_known_prompt_and_few_unknown_words(text_of: Any) -> None:
    task = WordLM()
    text_of(lambda: task.vocabulary)
    assert task.encoding == OneHot(1_000)
    assert task.encode(task.prompt)
    scores = {b.name: b.scores for b in task.baselines()}
    assert scores["2-gram"]["perplexity"] < scores["unigram"]["perplexity"] < scores["uniform"]["perplexity"]
    assert 5 < scores["unigram"]["unknown words"] < 20
