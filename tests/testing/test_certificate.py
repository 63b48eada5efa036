"""Certificates: kept for the very code that was checked, and in the records and tables of its runs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.registry import Component
from harness.runs.certified import certified
from harness.runs.execute import execute
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord
from harness.testing import Finding, Verdict
from harness.testing.certificate import find, keep

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = {"harness": "0.1.0", "torch": "2.13.0"}
CELL = Component("mgu", "mgu", {"bias": 1.0}, "my-cells", "1.0", "5f" * 32)
PASSED = Verdict([Finding("causal", "passed"), Finding("equals its reference", "does not apply")])
FAILED = Verdict([Finding("causal", "failed", "it looks ahead"), Finding("rows independent", "passed")])


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.testing.certificate.cache_folder", lambda: tmp_path)


def test_a_verdict_counts_what_applies() -> None:
    assert (str(PASSED), str(FAILED)) == ("passed 1 of 1", "failed 1 of 2 (causal)")


def test_it_is_found_for_the_same_code_options_and_versions_only() -> None:
    keep(CELL, VERSIONS, PASSED)
    assert find(CELL, VERSIONS) == "passed 1 of 1, 0.1.0"
    for other in ({"source": "00" * 32}, {"options": {}}, {"version": "1.1"}, {"distribution": "x"}):
        assert find(replace(CELL, **other), VERSIONS) == ""
    for name in VERSIONS:
        assert find(CELL, VERSIONS | {name: "9"}) == ""
    assert find(CELL, VERSIONS | {"git": "abc"}) == "passed 1 of 1, 0.1.0"


def test_a_later_verdict_replaces_an_earlier_one_and_a_damaged_one_counts_for_nothing() -> None:
    keep(CELL, VERSIONS, PASSED)
    path = keep(CELL, VERSIONS, FAILED)
    assert find(CELL, VERSIONS) == "failed 1 of 2 (causal), 0.1.0"
    assert json.loads(path.read_text())["findings"][0]["note"] == "it looks ahead"
    assert list(path.parent.iterdir()) == [path]
    for damaged in ("{", "[]", "{}", ""):
        path.write_text(damaged)
        assert find(CELL, VERSIONS) == ""


def test_a_cache_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "certificates").write_text("")
    with pytest.raises(HarnessError, match=r"the certificate cannot be kept in .* HARNESS_CACHE"):
        keep(CELL, VERSIONS, PASSED)


def test_a_run_takes_the_verdict_on_its_cell_into_its_record() -> None:
    spec = next(iter(Plan.make(Request(("elman",), ("adding:length=5",), 1, "smoke", "cpu")).specs()))
    before = execute(spec)
    assert isinstance(before, RunRecord)
    assert (before.checked, certified(before)) == ("", "")
    keep(spec.cell, before.environment, PASSED)
    assert certified(before) == "passed 1 of 1, 0.1.0"  # checked after it ran, and the same code
    after = execute(spec)
    assert isinstance(after, RunRecord)
    assert after.checked == "passed 1 of 1, 0.1.0"
    keep(spec.cell, before.environment, FAILED)
    assert certified(after) == "passed 1 of 1, 0.1.0"  # a record is never changed
    old = after.as_dict()
    del old["checked"]  # as records were before there were certificates
    assert RunRecord.from_dict(old).checked == ""
