"""Character language modelling: what is read, what is predicted, and what users are told."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness import Classes, HarnessError, OneHot
from harness.registry import bind
from harness.training.splits import Splits
from harness_text.char_lm import CharLM
from harness_text.corpora import KJV, PYTHON
from harness_text.streamed import LONG_ENOUGH

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A text whose characters tell where they stand: 900 a to j, then 50 k, then 50 l."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.txt").write_text("abcdefghij" * 90 + "k" * 50 + "l" * 50)
    return "book.txt"


def decoded(task: Any, batches: Any) -> set[str]:
    return {task.vocabulary.symbols[number] for batch in batches for number in batch.inputs.ravel()}


def test_splits_are_contiguous_and_unseen_characters_unknown(book: str) -> None:
    task = CharLM(book, chunk=10)
    assert decoded(task, islice(task.batches("train", 4, 0), 50)) == set("abcdefghij")
    assert decoded(task, task.batches("validation", 4, 0)) == {"<unknown>"}
    assert decoded(task, task.batches("test", 4, 0)) == {"<unknown>"}
    assert (task.encoding, task.output) == (OneHot(11), Classes(11))


def test_every_held_out_character_but_the_first_is_predicted_once(book: str) -> None:
    task = CharLM(book, chunk=10)
    assert sum(batch.targets.size for batch in task.batches("test", 256, 0)) == 49


def test_targets_are_the_next_characters_and_states_are_carried(book: str) -> None:
    batches = list(islice(CharLM(book, chunk=10).batches("train", 4, 0), 5))
    assert [batch.carry for batch in batches] == [False, True, True, True, True]
    for batch in batches:
        assert batch.inputs.shape == batch.targets.shape == (10, 4)
        assert (batch.inputs[1:] == batch.targets[:-1]).all()
        follows = (batch.inputs + 1) % 10 == batch.targets  # the alphabet; it starts anew after j, also at the seam
        assert follows.all()


def test_training_can_forget_between_chunks_and_held_out_texts_never_do(book: str) -> None:
    task = CharLM(book, chunk=10, carry=False)
    assert not any(batch.carry for batch in islice(task.batches("train", 4, 0), 5))
    assert [batch.carry for batch in task.batches("test", 4, 0)] == [False, True, True, True, True]


def test_fewer_examples_are_the_beginning_and_change_nothing_else(book: str) -> None:
    whole, few = CharLM(book, chunk=10), CharLM(book, chunk=10, examples=25)
    assert "".join(whole.vocabulary.decode(few._symbols["train"])) == "abcdefghij" * 2 + "abcde"
    assert few.vocabulary == whole.vocabulary
    for one, other in zip(whole.batches("test", 4, 0), few.batches("test", 4, 0), strict=True):
        assert (one.inputs == other.inputs).all()
    with pytest.raises(HarnessError, match=r"examples=10 is too few: a chunk of 10 needs 11 characters"):
        CharLM(book, chunk=10, examples=10)
    with pytest.raises(HarnessError, match=r"examples=901 asks for more than there are: 900 characters of training"):
        CharLM(book, chunk=10, examples=901).batches("train", 4, 0)


def test_a_prompt_is_encoded_and_decoded_or_refused_by_its_character(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("the cat sat on the mat. " * 100)
    task = CharLM(str(tmp_path / "words.txt"), chunk=10)
    assert task.decode(task.encode("the mat")) == "the mat"
    assert len(task.prompt) == 20
    assert task.prompt in "the cat sat on the mat. " * 2
    with pytest.raises(HarnessError, match=r"the character 'z' is not in .*words\.txt, which has: ' \.acehmnost'\."):
        task.encode("the zoo")


def test_a_prompt_can_always_be_encoded(book: str) -> None:
    task = CharLM(book, chunk=10)  # the validation text has no known character
    assert task.encode(task.prompt) == [0]


def test_the_seed_says_where_to_begin_and_nothing_else_does(book: str) -> None:
    def beginning(seed: int) -> Any:
        return next(CharLM(book, chunk=10).batches("train", 4, seed)).inputs.tolist()

    assert beginning(1) == beginning(1)
    assert len({str(beginning(seed)) for seed in range(10)}) > 3
    held_out = [next(CharLM(book, chunk=10).batches("validation", 4, seed)).inputs.tolist() for seed in (0, 1)]
    assert held_out[0] == held_out[1]


def test_a_text_too_short_for_the_batch_gets_fewer_streams(book: str) -> None:
    batch = next(CharLM(book, chunk=40).batches("train", 64, 0))
    assert batch.inputs.shape == (40, 899 // 40)


def test_evaluation_streams_are_long_enough_for_the_start_not_to_matter(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("ab" * 100_000)
    batches = list(CharLM(str(tmp_path / "long.txt")).batches("test", 256, 0))
    assert sum(len(batch.inputs) for batch in batches) >= LONG_ENOUGH
    assert batches[0].inputs.shape == (100, 4)


def test_perplexity_by_hand(book: str) -> None:
    scores = CharLM(book).score({"loss": 3 * math.log(8), "count": 3})
    assert scores == pytest.approx({"perplexity": 8, "bits per character": 3, "nats per character": math.log(8)})
    assert CharLM(book).score({"loss": 1e9, "count": 1})["perplexity"] == math.inf


def test_baselines_know_only_what_their_order_can(tmp_path: Path) -> None:
    (tmp_path / "cycle.txt").write_text("abcd" * 2_000)
    baselines = {b.name: b.scores["perplexity"] for b in CharLM(str(tmp_path / "cycle.txt")).baselines()}
    assert baselines["uniform"] == pytest.approx(4)
    assert baselines["unigram"] == pytest.approx(4, rel=1e-3)
    assert baselines["2-gram"] == pytest.approx(1, abs=0.01)
    assert list(baselines) == ["uniform", "unigram", "2-gram", "4-gram"]


def test_a_tally_counts_every_character_once(book: str) -> None:
    task = CharLM(book, chunk=10)
    totals = [
        task.tally(torch.zeros(*batch.targets.shape, 11), batch)
        for batch in Splits(task, 0, torch.device("cpu")).validation()
    ]
    assert sum(total["count"] for total in totals) == 49
    assert task.score({"loss": sum(t["loss"] for t in totals), "count": 49})["perplexity"] == pytest.approx(11)


def test_constructing_reads_nothing_but_knows_whether_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(KJV), "text", lambda _: pytest.fail("the corpus was read"))
    CharLM("kjv")
    with pytest.raises(HarnessError, match=r'Did you mean "kjv"\? Corpora are: kjv, python, stacks-algebra, tiny-sh'):
        CharLM("kvj")
    with pytest.raises(HarnessError, match="no corpus and no file"):
        CharLM(str(tmp_path / "missing.txt"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"book\.txt is empty\.$"),
        (b"abc" * 100, r"book\.txt is too short: it has 300 characters, and chunks of 100 need 2,040"),
        (b"\x7fELF\x00\x01", r"book\.txt is not text: it has a zero byte"),
    ],
)
def test_texts_that_cannot_be_used_are_explained_at_first_use(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(content)
    task = CharLM(str(path))
    with pytest.raises(HarnessError, match=message):
        _ = task.encoding


def test_a_text_that_is_just_long_enough_works(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("a" * 2_040)
    task = CharLM(str(tmp_path / "book.txt"))
    assert [next(task.batches(split, 32, 0)).inputs.shape[0] for split in ("train", "validation", "test")] == [100] * 3


def test_options_are_checked() -> None:
    assert bind(CharLM, {"chunk": "50"}, "char-lm") == {"chunk": 50}
    with pytest.raises(HarnessError, match="char-lm: chunk=0 cannot be used"):
        bind(CharLM, {"chunk": "0"}, "char-lm")


def test_another_text_is_another_fingerprint(book: str, tmp_path: Path) -> None:
    before = CharLM(book).fingerprint()
    assert CharLM(book).fingerprint() == before
    (tmp_path / book).write_text("something else" * 1_000)
    assert CharLM(book).fingerprint() != before


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize(("name", "size"), [("tiny-shakespeare", 65), ("stacks-algebra", 97)])
def test_texts_keep_their_customary_number_of_symbols(name: str, size: int) -> None:
    assert CharLM(name).encoding == OneHot(size)


def test_the_bible_is_whole(text_of: Any) -> None:
    text = text_of(KJV.text)
    assert (len(text), len(set(text))) == (4_181_902, 68)
    assert text.lstrip().startswith("In the beginning God created the heaven and the earth.")
    assert text.endswith("The grace of our Lord Jesus Christ [be] with you all. Amen.")


def test_the_standard_library_is_large_and_without_tests() -> None:
    paths = PYTHON.files()
    assert paths == sorted(paths)
    assert any(path.name == "argparse.py" for path in paths)
    assert not {"test", "tests", "site-packages", "idle_test"} & {part for path in paths for part in path.parts[-3:]}
    assert len(PYTHON.text()) > 3_000_000
