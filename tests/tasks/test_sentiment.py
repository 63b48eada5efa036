"""Sentiment: no copy of a text on both sides of a split, and scores that mean what they say."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from harness import Batch, Classes, Embedding, HarnessError, Tensors
from harness.registry import bind
from harness_text import bag_of_words, tweets
from harness_text.labelled import Labelled
from harness_text.sentiment import Sentiment
from harness_text.words import characters, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@united it's  SO good!!!", ["<user>", "it's", "so", "good", "!!"]),
        ("see http://t.co/aB1 #DeflateGate", ["see", "<url>", "deflategate"]),
        ("Soooooo late :-( 3.5 hrs &amp; $90", ["soo", "late", ":-(", "<number>", "hrs", "$", "<number>"]),
        ("wo n't sit still , it 's", ["wo", "n't", "sit", "still", "it", "'s"]),
        ("I <3 self-driving cars :D.", ["i", "<3", "self-driving", "cars", ":d"]),
        ("...", [".."]),
        (" , ", ["<empty>"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_no_text_is_without_symbols() -> None:
    assert characters("") == ["<empty>"]
    assert characters("Aé ") == ["A", "é", " "]


@pytest.mark.parametrize(
    "copy",
    [
        "RT @someone: Driverless cars are mastering city streets, says Google",
        "driverless  CARS are mastering city streets, says Google http://t.co/9o74Es64o",
        "Driverless cars are mastering city streets, says Google: it has tur...",
    ],
)
def test_copies_of_a_tweet_are_one(copy: str) -> None:
    original = "Driverless cars are mastering city streets, says Google: it has turned a corner"
    assert tweets.identity(copy) == tweets.identity(original)


def test_different_tweets_are_not_one() -> None:
    assert tweets.identity("I love this") != tweets.identity("I loved this")
    assert tweets.identity("start") == "start"


def examples() -> list[tuple[str, int]]:
    return [(f"text number {number}", number % 3 % 2) for number in range(300)]


def test_the_split_is_stratified_and_does_not_depend_on_the_order() -> None:
    parts = tweets.split(examples())
    assert {name: np.bincount(part.labels).tolist() for name, part in parts.items()} == {
        "train": [160, 80],
        "validation": [20, 10],
        "test": [20, 10],
    }
    again = tweets.split(reversed(examples()))
    assert {name: part.texts for name, part in again.items()} == {name: part.texts for name, part in parts.items()}


def test_a_copy_of_another_label_does_not_leak_into_another_split() -> None:
    doubled = [*examples(), *((f"RT @me: TEXT number {number}!", 1 - number % 3 % 2) for number in range(300))]
    parts = tweets.split(doubled)
    assert sum(len(part.texts) for part in parts.values()) == 300


@pytest.fixture
def task() -> Sentiment:
    """The task on 300 made-up texts: good ones, bad ones, and neither."""
    moods = ("it was bad", "it was", "it was good")
    made_up = [(f"{moods[number % 3]} {'and so on ' * (number % 7)}{number:03}x", number % 3) for number in range(300)]
    made_up += [(f"{moods[n % 3]} word{n:03}", n % 3) for n in range(30)]
    part = Labelled.of(made_up)
    made = Sentiment()
    vars(made)["_data"] = {"train": part, "validation": part, "test": part}  # instead of reading the tweets
    return made


def test_every_example_is_read_once_with_its_label(task: Any) -> None:
    batches = list(task.batches("test", 64, 0))
    assert sum(len(batch.targets) for batch in batches) == 330
    assert Counter(label for batch in batches for label in batch.targets.tolist()) == {0: 110, 1: 110, 2: 110}
    assert (task.output, task.topology) == (Classes(3), "many to one")


def test_training_is_in_the_seeds_order(task: Any) -> None:
    def beginning(seed: int) -> Any:
        return [batch.targets.tolist() for batch in islice(task.batches("train", 16, seed), 30)]

    assert beginning(3) == beginning(3)
    assert beginning(3) != beginning(4)


def test_words_that_training_lacks_or_has_rarely_are_unknown(task: Any) -> None:
    unknown = task.encoding.size - 1
    assert isinstance(task.encoding, Embedding)
    numbers = task._vocabulary.encode(["good", "never-met", "word"])  # word001 is read as "word" and a number: 30 times
    assert (numbers == unknown).tolist() == [False, True, False]


def test_scores_by_hand() -> None:
    # Truth 0 0 0 1 1 2, guess 0 0 1 1 1 1: right 4 of 6; F1 of the classes 4/5, 4/6 and 0.
    truth, guess = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 0, 1, 1, 1, 1])
    made = Sentiment()
    halves = [
        made.tally(
            torch.eye(3)[guess[part]], Tensors(Batch(np.zeros((1, 1)), truth[part].numpy()), torch.device("cpu"))
        )
        for part in (slice(0, 2), slice(2, 6))
    ]
    confusion = halves[0]["confusion"] + halves[1]["confusion"]
    assert confusion.tolist() == [[2, 1, 0], [0, 2, 0], [0, 1, 0]]
    scores = made.score({"confusion": confusion})
    assert scores == pytest.approx({"accuracy": 100 * 4 / 6, "macro-F1": 100 * (4 / 5 + 2 / 3 + 0) / 3})


def test_baselines_guess_and_read_single_words(task: Any) -> None:
    majority, bag = task.baselines()
    assert (majority.name, bag.name) == ("majority", "bag of words")
    assert majority.scores["accuracy"] == pytest.approx(100 / 3)
    assert majority.scores["macro-F1"] == pytest.approx(100 * 0.5 / 3)
    assert bag.scores["accuracy"] > 95


def test_only_words_of_training_texts_are_known() -> None:
    made = Sentiment()
    texts = {"train": "red red red", "validation": "green green green", "test": "blue blue blue"}
    vars(made)["_data"] = {split: Labelled.of([(text, 0)]) for split, text in texts.items()}
    assert (made._vocabulary.encode(["red", "green", "blue"]) == made.encoding.size - 1).tolist() == [False, True, True]


def test_the_penalty_is_chosen_on_validation_alone(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bag_of_words, "INVERSE_PENALTIES", (1.0, 1e-9))  # the second one sees the class shares only
    whole = task._data["train"]
    negative = whole.take(np.flatnonzero(whole.labels == 0))
    train = Labelled(whole.texts + negative.texts, np.concatenate([whole.labels, negative.labels]))
    all_negative = Labelled(whole.texts, np.zeros_like(whole.labels))
    good, useless = ({"train": train, "validation": part, "test": whole} for part in (whole, all_negative))
    assert (bag_of_words.predict(good) == whole.labels).mean() > 0.95  # type: ignore[arg-type]
    assert set(bag_of_words.predict(useless)) == {0}  # type: ignore[arg-type]


def test_options_are_checked() -> None:
    assert bind(Sentiment, {"units": "characters"}, "sentiment") == {"units": "characters"}
    with pytest.raises(HarnessError, match="'tweets' or 'sst2'"):
        bind(Sentiment, {"corpus": "imdb"}, "sentiment")


@pytest.mark.usefixtures("real_data")
def test_fewer_examples_are_some_of_those_of_more_and_hold_out_the_same() -> None:
    ten, hundred, whole = (Sentiment("sst2", examples=number)._data for number in (10, 100, None))
    assert list(ten["train"].texts) == list(hundred["train"].texts)[:10]
    assert len(hundred["train"].texts) == 100
    assert set(hundred["train"].texts) < set(whole["train"].texts)
    assert set(ten["train"].labels.tolist()) == {0, 1}
    assert list(ten["test"].texts) == list(whole["test"].texts)


@pytest.mark.usefixtures("real_data")
def test_the_treebank_keeps_its_own_split() -> None:
    data = Sentiment("sst2")._data
    assert {name: np.bincount(part.labels).tolist() for name, part in data.items()} == {
        "train": [3310, 3610],
        "validation": [428, 444],
        "test": [912, 909],
    }
    assert data["train"].texts[0].startswith("a stirring , funny and finally transporting")


def test_real_tweets_are_split_without_copies(text_of: Any) -> None:
    data = text_of(tweets.read)
    assert {name: np.bincount(part.labels).tolist() for name, part in data.items()} == {
        "train": [11969, 10297, 4966],
        "validation": [1496, 1287, 620],
        "test": [1496, 1287, 621],
    }
    identities = {name: {tweets.identity(text) for text in part.texts} for name, part in data.items()}
    assert not identities["train"] & identities["validation"]
    assert not (identities["train"] | identities["validation"]) & identities["test"]
