"""Tasks on text: language modelling and classification, and the texts for them."""

from __future__ import annotations

from harness import hookimpl


@hookimpl
def harness_tasks() -> dict[str, str]:
    """The text tasks."""
    return {
        "char-lm": "harness_text.char_lm:CharLM",
        "highlight": "harness_text.highlight:Highlight",
        "sentiment": "harness_text.sentiment:Sentiment",
        "word-lm": "harness_text.word_lm:WordLM",
    }


@hookimpl
def harness_recipes() -> dict[str, dict[str, object]]:
    """How a widely shown example trains, whatever the cell: 128 hidden units, a dense softmax, RMSprop at 0.01.

    Source: the text generation example of Keras (Chollet 2015), lstm_text_generation.py.
    """
    return {
        "keras-slide": {
            "hidden_size": 128,
            "optimiser": "rmsprop:alpha=0.9:epsilon=1e-7",
            "learning_rate": 0.01,
            "schedule": "constant",
            "clip": None,
            "batch": 128,
        }
    }


@hookimpl
def harness_datasets() -> dict[str, str]:
    """Long texts for language modelling, and labelled short ones."""
    return {
        "kjv": "harness_text.corpora:KJV",
        "python": "harness_text.corpora:PYTHON",
        "stacks-algebra": "harness_text.corpora:STACKS_ALGEBRA",
        "tiny-shakespeare": "harness_text.corpora:TINY_SHAKESPEARE",
        "war-and-peace": "harness_text.corpora:WAR_AND_PEACE",
        "sst2-dev": "harness_text.reviews:SST2_DEV",
        "sst2-test": "harness_text.reviews:SST2_TEST",
        "sst2-train": "harness_text.reviews:SST2_TRAIN",
        "tweets": "harness_text.tweets:TWEETS",
    }
