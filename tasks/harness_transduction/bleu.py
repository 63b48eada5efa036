"""BLEU of sacrebleu, in sums that add up over batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def statistics(guesses: Sequence[str], references: Sequence[str]) -> NDArray[np.int64]:
    """What BLEU is computed from, which adds up over batches: lengths, matches and n-grams for n = 1 to 4."""
    score = _metric().corpus_score(guesses, [references])
    return np.array([score.sys_len, score.ref_len, *score.counts, *score.totals])


def bleu(sums: NDArray[np.int64]) -> float:
    """BLEU of summed statistics, in percent."""
    guessed, right, *counts = sums.tolist()
    score = _metric().compute_bleu(counts[:4], counts[4:], guessed, right, smooth_method="exp")
    return float(score.score)


def _metric() -> Any:  # noqa: ANN401 - sacrebleu's, which is an extra
    from sacrebleu.metrics.bleu import BLEU  # noqa: PLC0415

    return BLEU(tokenize="none", force=True)  # the files are tokenised: sacrebleu need not warn of it
