from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from harness.analysis.gate import formats
from harness.analysis.gate.speed import CellSpeed, Ratio
from harness.analysis.gate.verdicts import judge
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Maker

    from harness.analysis.gate.baseline import Baseline
    from harness.analysis.gate.figures import Figures
    from harness.analysis.gate.speed import Speeds
    from harness.analysis.gate.verdict import Judgement, Verdict

HERE = {"torch": "2"}
EXACTLY = {0: 1.0, 1: 1.1, 2: 0.9, 3: 1.0}


def shifted(by: float) -> dict[int, float]:
    """The baseline's scores, all changed by nearly the same amount."""
    return {seed: score + by + 0.001 * seed for seed, score in EXACTLY.items()}


def verdict(baseline: Baseline, now: Figures, speeds: Speeds | None = None) -> Verdict:
    """On the only cell that was run."""
    return next(v for v in judge(baseline, [now], speeds, HERE).verdicts if v.cell == now.cell)


@pytest.mark.parametrize(
    ("by", "kind", "words"),
    [
        (0.05, "same", "same (at most 5.3% worse, 10% allowed)"),
        (-0.05, "same", "same (no worse, 10% allowed)"),
        (-0.2, "better", "better by 19.8%"),
        (0.2, "worse", "WORSE by 20.1%, at most 20.3% (10% allowed)"),
    ],
)
def test_a_score_is_judged_by_how_much_worse_it_is_at_most(
    baseline: Baseline, entry: Maker, by: float, kind: str, words: str
) -> None:
    found = verdict(baseline, entry(scores=shifted(by)))
    assert (found.kind, found.words()) == (kind, words)


def test_equal_bits_are_identical(baseline: Baseline, entry: Maker) -> None:
    assert verdict(baseline, entry(scores=dict(EXACTLY))).words() == "identical"
    assert verdict(baseline, entry(scores={**EXACTLY, 3: 1.0 + 1e-15})).kind == "same"


def test_what_is_not_shown_to_be_within_the_tolerance_is_worse(baseline: Baseline, entry: Maker) -> None:
    found = verdict(baseline, entry(scores={0: 1.4, 1: 0.8, 2: 1.2, 3: 0.7}))
    assert found.kind == "worse"
    assert found.words().startswith("WORSE cannot be ruled out: at most ")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"setting": {"budget": "smoke", "steps": "40"}}, "steps was 20 and is 40"),
        ({"setting": {"budget": "full", "steps": "20"}}, "budget was smoke and is full"),
        ({"data": {"validation": 2.0, "test": 3.0, "train 0": 4.1}}, "the train data differ"),
        ({"data": {"validation": 2.0, "test": 3.001}}, "the test data differ"),
    ],
)
def test_another_experiment_is_not_comparable(
    baseline: Baseline, entry: Maker, changes: dict[str, Any], why: str
) -> None:
    found = verdict(baseline, entry(scores=shifted(9.0), **changes))
    assert (found.kind, found.why) == ("not comparable", why)


def test_data_that_differ_by_rounding_are_the_same(baseline: Baseline, entry: Maker) -> None:
    data = {"validation": 2.0 * (1 + 1e-8), "test": 3.0, "train 0": 4.0, "train 100": 7.0}
    assert verdict(baseline, entry(data=data)).kind == "identical"


def test_runs_that_fail_are_worse_unless_as_many_did_before(baseline: Baseline, entry: Maker) -> None:
    failing = entry(scores={0: 1.0, 1: 1.1, 2: 0.9}, failures={3: "diverged: loss nan at step 4"})
    found = verdict(baseline, failing)
    assert found.words() == "WORSE: 1 of 4 failed, 0 did before (seed 3: diverged: loss nan at step 4)"
    before = baseline.model_copy(update={"figures": (failing,)})
    assert verdict(before, failing).kind == "identical"


def test_one_seed_is_not_comparable_unless_it_is_identical(baseline: Baseline, entry: Maker) -> None:
    assert verdict(baseline, entry(scores={0: 1.01})).kind == "not comparable"
    assert verdict(baseline, entry(scores={0: 1.0})).kind == "identical"


def test_a_cell_that_was_not_run_is_not_comparable_and_one_that_is_new_is_told(
    baseline: Baseline, entry: Maker
) -> None:
    found = judge(baseline, [entry(), entry("mine")], None, {"torch": "3"})
    lstm = next(v for v in found.verdicts if v.cell == "lstm")
    assert (lstm.kind, lstm.why, found.exit_code) == ("not comparable", "it was not run", 2)
    assert found.notes == [
        "Not in the baseline: mine on adding.",
        "Made elsewhere: torch was 2, is 3. Scores may differ by rounding.",
    ]


def test_disjoint_cells_are_a_sentence(baseline: Baseline, entry: Maker) -> None:
    with pytest.raises(
        HarnessError, match=r"the baseline has gru on adding, lstm on adding, and the results have mine"
    ):
        judge(baseline, [entry("mine")], None, HERE)


def test_of_several_settings_the_one_of_the_baseline_is_compared(baseline: Baseline, entry: Maker) -> None:
    other = entry(setting={"budget": "full", "steps": "20"}, scores=shifted(9.0))
    verdicts = judge(baseline, [entry(), other], None, HERE).verdicts
    assert next(v for v in verdicts if v.cell == "gru").kind == "identical"


def test_a_cell_without_its_certificate_is_told(baseline: Baseline, entry: Maker) -> None:
    before = baseline.model_copy(update={"figures": (entry(checked="10 of 10"),)})
    assert judge(before, [entry()], None, HERE).notes[0].startswith("gru was checked for the baseline")


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ("passed 10 of 10, 0.1.0", "passed 10 of 10, 0.1.0", "identical"),
        ("passed 10 of 10, 0.1.0", "passed 11 of 11, 0.2.0", "same"),
        ("passed 10 of 10, 0.1.0", "failed 2 of 10 (causal), 0.1.0", "worse"),
        ("failed 2 of 10 (causal), 0.1.0", "passed 10 of 10, 0.1.0", "better"),
    ],
)
def test_a_cell_that_fails_its_check_is_worse(
    baseline: Baseline, entry: Maker, before: str, now: str, kind: str
) -> None:
    known = baseline.model_copy(update={"figures": (entry(checked=before),)})
    found = judge(known, [entry(checked=now)], None, HERE).verdicts
    assert [(v.metric, v.kind) for v in found] == [("MSE", "identical"), ("certificate", kind)]


def test_a_cell_whose_code_changed_is_compared(baseline: Baseline, entry: Maker) -> None:
    assert verdict(baseline, entry(code="cell-harness 0.2.0 bb", scores=shifted(0.01))).kind == "same"


def test_a_speed_that_is_not_known_well_is_no_alarm(
    baseline: Baseline, entry: Maker, timed: Callable[..., Speeds]
) -> None:
    """Slower by 1.1, and by anything from 0.9 to 1.35: 1.2 is allowed."""
    noisy = timed(1 / 1.1)
    phases = {name: Ratio(ratio=1 / 1.1, low=0.74, high=1.12) for name in noisy.cells["gru"].phases}
    noisy = noisy.model_copy(update={"cells": {"gru": CellSpeed(engine="loop", phases=phases)}})
    before = baseline.model_copy(update={"speeds": timed(1.0)})
    verdicts = judge(before, [entry(), entry("lstm")], noisy, HERE).verdicts
    assert [v.words() for v in verdicts if v.task == "speed/elman"] == [
        "same (10.0% slower, perhaps not at all, 20% allowed)"
    ] * 2


@pytest.mark.parametrize(("ratio", "kind"), [(1.0, "same"), (0.9, "same"), (0.77, "worse"), (1.4, "better")])
def test_speed_is_judged_beside_the_reference(
    baseline: Baseline, entry: Maker, timed: Callable[..., Speeds], ratio: float, kind: str
) -> None:
    """0.77 is slower by 1.3, where 1.2 is allowed."""
    before = baseline.model_copy(update={"speeds": timed(1.0)})
    verdicts = judge(before, [entry(), entry("lstm")], timed(ratio), HERE).verdicts
    assert [v.kind for v in verdicts if v.task == "speed/elman"] == [kind, kind]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"engine_of_cell": "native"}, "engine was loop and is native"),
        ({"engine": "native"}, "engine of elman was loop and is native"),
        ({"shape": "batch=2"}, "shape was batch=1 and is batch=2"),
        ({"cells": {}}, "it was not timed"),
    ],
)
def test_speeds_of_another_kind_are_not_comparable(
    baseline: Baseline, entry: Maker, timed: Callable[..., Speeds], changes: dict[str, Any], why: str
) -> None:
    before = baseline.model_copy(update={"speeds": timed(1.0)})
    verdicts = judge(before, [entry(), entry("lstm")], timed(1.0, **changes), HERE).verdicts
    assert [(v.kind, v.why) for v in verdicts if v.task == "speed/elman"] == [("not comparable", why)]


@pytest.mark.parametrize(
    ("engines", "processor", "kinds"),
    [
        (("layer", "loop"), "one", ["worse", "worse"]),
        (("loop", "loop"), "another", ["worse", "worse"]),
        (("layer", "loop"), "another", []),
    ],
)
def test_on_another_processor_only_what_runs_as_the_reference_is_judged_by_its_speed(
    baseline: Baseline,
    entry: Maker,
    timed: Callable[..., Speeds],
    engines: tuple[str, str],
    processor: str,
    kinds: list[str],
) -> None:
    """There, a few large operations beside many small ones were 1.3 times as slow, with no change of code."""
    cell, reference = engines
    fast, slow = (timed(ratio, engine_of_cell=cell, engine=reference) for ratio in (1.0, 0.7))
    before = baseline.model_copy(update={"speeds": fast, "environment": {**HERE, "processor": "one"}})
    found = judge(before, [entry(), entry("lstm")], slow, {**HERE, "processor": processor})
    assert [v.kind for v in found.verdicts if v.task == "speed/elman"] == kinds
    told = [note for note in found.notes if note.startswith("Not judged: how fast gru is.")]
    assert len(told) == (not kinds)


@pytest.fixture
def mixed(baseline: Baseline, entry: Maker) -> Judgement:
    now = [entry(scores=shifted(0.2)), entry("lstm", setting={"budget": "<b> | \x01"})]
    return judge(baseline, now, None, HERE)


def test_junit_counts_failures_and_errors(mixed: Judgement) -> None:
    suite = ET.fromstring(formats.junit(mixed)).find("testsuite")
    assert suite is not None
    assert suite.attrib == {"name": "harness", "tests": "2", "failures": "1", "errors": "1"}
    failure, error = suite.find("testcase/failure"), suite.find("testcase/error")
    assert failure is not None
    assert failure.attrib["message"] == "WORSE by 20.1%, at most 20.3% (10% allowed)"
    assert error is not None
    assert "budget was smoke and is <b> | �" in error.attrib["message"]


def test_markdown_begins_with_the_sum_and_what_is_worse(mixed: Judgement) -> None:
    lines = formats.markdown(mixed).splitlines()
    assert lines[0] == "**1 worse, 0 same or better (0 identical), 1 not comparable**"
    assert lines[4] == "| gru | adding | MSE | 1.000 | 1.202 | WORSE by 20.1%, at most 20.3% (10% allowed) |"
    assert r"\<b\> \|" in lines[5]


def test_json_has_every_number(mixed: Judgement) -> None:
    told = json.loads(formats.json_text(mixed))
    assert told["exit"] == mixed.exit_code == 1
    assert told["verdicts"][0]["tolerance"] == "10%"
    assert told["verdicts"][0]["change"] == pytest.approx(0.2015)


def test_of_two_times_that_something_was_timed_the_better_counts(timed: Callable[..., Speeds]) -> None:
    assert timed(0.8).best(timed(1.1)) == timed(1.1).best(timed(0.8)) == timed(1.1)
