from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.listing import listing_text
from harness.analysis.listings.costs import cost_listing
from harness.errors import HarnessError

if TYPE_CHECKING:
    from conftest import Maker


def test_what_a_step_costs_as_text_and_for_programs(measured: Maker) -> None:
    found = cost_listing(compare([measured("lstm", 0, 2.0, {"others": 0.5})], []))
    assert dict(zip(found.headings, found.rows[0], strict=True)) == {
        "task": "adding",
        "cell": "lstm",
        "state": "",
        "FLOPs": "",
        "fwd µs": "2~",
        "bwd µs": "2~",
        "inf µs": "2~",
        "MiB": "3.0",
        "kernel": "native",
    }
    (entry,) = json.loads(listing_text(found, "json"))
    assert (entry["forward"], entry["kernel"], entry["disturbed"]) == (2e-6, "native 0123abcd", True)
    assert listing_text(found, "csv").startswith("task,cell,parameters,state_size,")
    assert "| adding | lstm |" in listing_text(found, "markdown")
    with pytest.raises(HarnessError, match="comes as rich, markdown, csv or json: latex was asked for"):
        listing_text(found, "latex")
