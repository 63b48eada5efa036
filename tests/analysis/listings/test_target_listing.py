from __future__ import annotations

import json
import math
from dataclasses import replace

from harness.analysis.formats.listing import listing_text
from harness.analysis.listings.target import target_listing
from harness.analysis.questions.target import Reached

FOUND = Reached("adding", "lstm", "MSE", 0.2, 3, 4, 200.0, 4.0, 2_000.0, 60_000.0, disturbed=True)


def test_what_was_measured_under_load_is_marked() -> None:
    found = target_listing([FOUND])
    assert found.rows == [["adding", "lstm", "MSE 0.2", "3/4", "200", "4~", "2,000", "60,000"]]
    assert "others kept the machine busy" in found.notes[1]
    assert len(target_listing([replace(FOUND, disturbed=False)]).notes) == 1


def test_what_is_not_known_is_a_dash_and_what_records_do_not_tell_a_gap() -> None:
    never = replace(FOUND, reached=0, steps=math.inf, seconds=math.inf, tokens=math.inf, flops=math.inf)
    old = replace(FOUND, tokens=None, flops=None, disturbed=False)
    found = target_listing([never, old])
    assert [row[3:] for row in found.rows] == [["0/4", "–", "–", "–", "–"], ["3/4", "200", "4", "", ""]]
    assert json.loads(listing_text(found, "json"))[0]["steps"] is None
