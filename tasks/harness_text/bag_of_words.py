"""Logistic regression on a bag of words: the opponent that knows every word and no order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from harness_text.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from harness import Split
    from harness_text.labelled import Labelled

INVERSE_PENALTIES = (1.0, 2.0)
"""Candidates for C, of which the one that is best on validation is taken."""


def predict(data: Mapping[Split, Labelled]) -> NDArray[np.int64]:
    """The classes (n) of the test texts by logistic regression on tf-idf of words and pairs of words.

    Source: Wang and Manning 2012, Baselines and bigrams.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - only baselines wait for it
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    vectorizer = TfidfVectorizer(analyzer=_pairs, min_df=2, sublinear_tf=True)
    train = vectorizer.fit_transform(data["train"].texts)
    validation = vectorizer.transform(data["validation"].texts)
    models = [LogisticRegression(C=c, max_iter=1_000).fit(train, data["train"].labels) for c in INVERSE_PENALTIES]
    best = max(models, key=lambda model: model.score(validation, data["validation"].labels))
    predicted: NDArray[np.int64] = best.predict(vectorizer.transform(data["test"].texts))
    return predicted


def _pairs(text: str) -> list[str]:
    """Words, and pairs of neighbours."""
    tokens = words(text)
    return tokens + [f"{first} {second}" for first, second in pairwise(tokens)]
