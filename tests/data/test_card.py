"""A card that cannot work is refused where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import Corpus, HarnessError, LocalFiles


@pytest.mark.parametrize("split", [(0.9, 0.1), (1.0, 0.0), (0.0, 0.5), (0.8, 0.3)])
def test_a_split_without_test_text_is_refused(split: tuple[float, float]) -> None:
    with pytest.raises(HarnessError, match="leaves the training, validation or test text empty"):
        Corpus("mine", "", LocalFiles(lambda: [Path("x")]), split=split)
