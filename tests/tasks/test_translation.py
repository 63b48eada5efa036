"""Translation: what is read and written, and that BLEU is sacrebleu's over the whole test set."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
import torch

from harness import HarnessError, Hypotheses, Tensors
from harness.registry import bind
from harness_transduction import multi30k

if find_spec("sacrebleu") is None:
    pytest.skip("sacrebleu is not installed: pip install cell-harness[translation]", allow_module_level=True)

from sacrebleu.metrics.bleu import BLEU

from harness_transduction.translation import Translation

ENGLISH = ["a man runs .", "two dogs play in the snow .", "a man sits .", "a woman runs in the snow .", "two men run ."]
GERMAN = ["ein mann läuft .", "zwei hunde spielen im schnee .", "ein mann sitzt .", "eine frau läuft im schnee .", "zwei männer laufen ."]  # fmt: skip  # noqa: E501
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five sentences, the same in each split."""
    monkeypatch.setattr(multi30k, "read", lambda _split, language: ENGLISH if language == "en" else GERMAN)


def numbers(task: Translation, sentences: list[str]) -> list[list[int]]:
    """Sentences as a model would write them."""
    return [task._words[1].encode(sentence.split()).tolist() for sentence in sentences]


def test_a_sentence_is_read_from_its_end_and_its_translation_ends_in_an_end() -> None:
    task = Translation()
    source, target = task._words
    for split in ("train", "validation", "test"):
        batch = next(task.batches(split, 5, 0))  # type: ignore[arg-type]
        assert batch.lengths is not None
        assert batch.target_lengths is not None
        pairs = {}
        for column, length, written, end in zip(
            batch.inputs.T, batch.lengths, batch.targets.T, batch.target_lengths, strict=True
        ):
            assert written[end - 1] == 0
            assert 0 not in written[: end - 1]
            pairs[" ".join(reversed(source.decode(column[:length].tolist())))] = " ".join(
                target.decode(written[: end - 1].tolist())
            )
        assert pairs == dict(zip(ENGLISH, GERMAN, strict=True))


def test_the_other_direction_and_the_order_as_written() -> None:
    task = Translation(direction="de-en", reverse=False)
    batch = next(task.batches("test", 1, 0))
    assert " ".join(task._words[0].decode(batch.inputs[:, 0].tolist())) == "ein mann läuft ."
    assert " ".join(task._words[1].decode(batch.targets[:-1, 0].tolist())) == "a man runs ."


def test_bleu_is_that_of_sacrebleu_over_all_sentences_whatever_the_batches() -> None:
    task = Translation()
    greedy = ["ein mann läuft .", "zwei hunde spielen in schnee", "eine frau sitzt .", "eine frau läuft im schnee .", "zwei"]  # fmt: skip  # noqa: E501
    beam = GERMAN
    totals: Any = None
    order = {sentence: number for number, sentence in enumerate(GERMAN)}
    for batch in task.batches("test", 2, 0):
        rows = [
            order[" ".join(task._words[1].decode(target[: end - 1].tolist()))]
            for target, end in zip(batch.targets.T, batch.target_lengths, strict=True)  # type: ignore[arg-type]
        ]
        guesses = Hypotheses(*(numbers(task, [way[row] for row in rows]) for way in (greedy, beam)))
        sums = task.tally(guesses, Tensors(batch, CPU))
        totals = sums if totals is None else {name: totals[name] + value for name, value in sums.items()}
    expected = BLEU(tokenize="none", force=True).corpus_score(greedy, [GERMAN]).score
    assert 0 < expected < 100
    assert task.score(totals) == pytest.approx({"BLEU": expected, "BLEU, beam": 100})


def test_a_rare_word_is_unknown_to_the_model_and_not_to_the_score() -> None:
    task = Translation(vocabulary=4)
    batch = Tensors(next(task.batches("test", 5, 0)), CPU)
    perfect = [[n for n in column if n] for column in batch.targets.T.tolist()]
    assert any("<unknown>" in task._words[1].decode(row) for row in perfect)
    assert task.score(task.tally(Hypotheses(perfect, perfect), batch))["BLEU"] < 50


def test_only_words_of_training_sentences_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multi30k, "read", lambda split, language: [f"{split}-{language} ."])
    source, target = Translation()._words
    assert {"train-en", "."} < set(source.symbols)
    assert {"train-de", "."} < set(target.symbols)
    assert not {"validation-en", "test-en", "validation-de", "test-de"} & {*source.symbols, *target.symbols}


def test_the_baselines_are_scored_alike() -> None:
    source = next(baseline for baseline in Translation().baselines() if baseline.name == "the source")
    assert source.scores["BLEU"] == pytest.approx(
        BLEU(tokenize="none", force=True).corpus_score(ENGLISH, [GERMAN]).score
    )


def test_long_sentences_are_not_learnt_from_but_translated() -> None:
    task = Translation(longest=4)
    assert sorted(len(source) for source, _ in task._pairs["train"]) == [4, 4, 4]
    assert len(task._pairs["test"]) == 5


def test_examples_are_kept_and_too_many_are_told() -> None:
    assert len(Translation(examples=2)._pairs["train"]) == 2
    with pytest.raises(HarnessError, match="examples=6 asks for more than there are: 5 training sentences"):
        next(Translation(examples=6).batches("train", 2, 0))
    with pytest.raises(HarnessError, match=r"direction=en-fr cannot be used: it should be 'en-de' or 'de-en'\."):
        bind(Translation, {"direction": "en-fr"}, 'task "translation"')


def test_files_of_different_length_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multi30k, "read", lambda _split, language: ENGLISH if language == "en" else GERMAN[:4])
    with pytest.raises(HarnessError, match=r"^Multi30k, train: 5 sentences, and 4 translations\.$"):
        next(Translation().batches("train", 2, 0))


def test_a_user_s_sentence_is_translated_and_an_empty_one_refused() -> None:
    task = Translation()
    batch = task.read("A man runs .")
    shown = task.show(Hypotheses(numbers(task, ["ein mann läuft ."]), [[]]), Tensors(batch, CPU))
    assert shown == ["a man runs .\n  -> ein mann läuft ."]
    with pytest.raises(HarnessError, match="the prompt is empty"):
        task.read("  ")
