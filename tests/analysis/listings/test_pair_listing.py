from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.listing import listing_text
from harness.analysis.listings.pairs import pair_listing

if TYPE_CHECKING:
    from conftest import Maker

    from harness.analysis.comparison import Comparison


@pytest.fixture
def comparison(make: Maker) -> Comparison:
    listed = {"gru": [1.0, 1.0, 1.0], "lstm": [1.4, 1.2, 0.7], "elman": [9.0, 9.001, 9.002]}
    return compare(
        [make(cell, seed, score) for cell, scores in listed.items() for seed, score in enumerate(scores)], []
    )


def test_a_row_a_pair(comparison: Comparison) -> None:
    assert pair_listing(comparison).rows == [
        ["adding", "gru", "lstm", "0.100 ±.896", "0.678", "67% (21–94%)", "320"],
        ["adding", "gru", "elman", "8.001 ±.002", "<0.001", "100% (44–100%)", ""],
        ["adding", "lstm", "elman", "7.901 ±.898", "0.001", "100% (44–100%)", ""],
    ]
    assert "adjusted for all 3 comparisons (Holm)" in pair_listing(comparison).notes[1]


def test_what_nobody_can_tell_of_one_seed(make: Maker) -> None:
    (row,) = pair_listing(compare([make("gru", 0, 0.1), make("lstm", 0, 0.2)], [])).rows
    assert row[3:] == ["0.100", "1.000", "100% (21–100%)", "–"]


def test_nothing_to_compare(make: Maker) -> None:
    assert pair_listing(compare([make("gru", 0, 0.1)], [])).notes == [
        "There are no two cells to compare on a task: a cell of which a run failed is not compared."
    ]


def test_programs_get_all_of_it(comparison: Comparison) -> None:
    listed = json.loads(listing_text(pair_listing(comparison), "json"))
    assert [(pair["better"], pair["worse"], pair["needed"]) for pair in listed] == [
        ("gru", "lstm", 323),
        ("gru", "elman", None),
        ("lstm", "elman", None),
    ]
    lines = list(csv.DictReader(io.StringIO(listing_text(pair_listing(comparison), "csv"))))
    assert float(lines[0]["improvement_low"]) == pytest.approx(0.2077, abs=5e-5)
    text = listing_text(pair_listing(comparison), "markdown")
    assert text.startswith("| task | better | worse | by | p | at a seed | more seeds |\n| --- |")
