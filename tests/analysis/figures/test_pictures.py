from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.figures.memory import horizons
from harness.analysis.figures.pictures import KINDS, kind_of
from harness.analysis.figures.sketch import save
from harness.errors import HarnessError
from harness.registry import Component
from harness.runs.record import BaselineRecord, RunRecord
from harness.runs.spec import BaselineSpec

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Maker

    from harness.analysis.comparison import Comparison


def adding(**options: int) -> Component:
    return Component("adding", "adding", options, "cell-harness", "0.1.0", "bb")


def trial(record: RunRecord, number: int, rate: float) -> RunRecord:
    """A trial of a learning rate, with so large an error on validation."""
    recipe = replace(record.spec.recipe, learning_rate=rate)
    spec = replace(record.spec, recipe=recipe, tuned={"learning_rate": 0.1}, trial=number)
    return replace(record, spec=spec, scores={}, validation={"MSE": rate})


@pytest.fixture
def comparison(make: Maker) -> Comparison:
    """Two cells with curves, diagnoses, costs, and two lengths of a task that can be solved."""
    scores = {"MSE": 0.4}
    point = {"step": 5, "seconds": 0.5, "loss": 1.0, "gradient_norm": 1.0, "clipped": 0.0, "scores": scores}
    more: dict[str, Any] = {
        "curve": [point, {**point, "step": 10, "scores": {"MSE": 0.2}}],
        "diagnoses": [{"step": step, "gradients": {"stack.layers.0": [0.0, 1e-3, 1.0]}} for step in (0, 10)],
        "flops_per_step": 10,
    }
    records = [
        make(cell, seed, 0.1 * seed + share, task=task, solved=cell == "lstm" and seed > 0, solved_step=10, **more)
        for task in (adding(), adding(length=400))
        for cell, share in (("lstm", 0.2), ("<gru> & co", 0.3))
        for seed in range(3)
    ]
    tried = [record for record in records if record.spec.seed == 0]
    records += [trial(record, number, rate) for record in tried for number, rate in ((1, 0.1), (2, 0.01))]
    baselines = [
        BaselineRecord(BaselineSpec(task, "generated"), [{"name": "constant", "scores": {"MSE": 0.9}}])
        for task in (adding(), adding(length=400))
    ]
    return compare(records, baselines)


def test_shares_solved_stand_at_the_values_of_the_option_that_differs(comparison: Comparison) -> None:
    (found,) = horizons(comparison)  # `marks` differs nowhere
    assert (found.task, found.option) == ("adding", "length")
    lstm = [share for share in found.shares if share.cell == "lstm"]
    assert [(share.value, share.solved, share.runs) for share in lstm] == [
        (100, 2, 3),
        (400, 2, 3),
    ]  # 100 is the default
    assert (lstm[0].low, lstm[0].high) == (pytest.approx(0.2077, abs=1e-4), pytest.approx(0.9385, abs=1e-4))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_with_all_cells(comparison: Comparison, kind: str, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert", reason="the extra figures is not installed")
    save(kind_of(kind)(comparison), tmp_path / "picture.svg")
    text = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg")
    whole = {"ranks": "2 tasks: too few", "profile": "normalised score"}
    for shown in ("lstm", "&lt;gru&gt; &amp; co", whole.get(kind, "adding")):
        assert shown in text, shown
    assert [path.name for path in tmp_path.iterdir()] == ["picture.svg"]


def test_pictures_are_written_as_png_and_pdf(comparison: Comparison, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert", reason="the extra figures is not installed")
    for ending, magic in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        save(kind_of("curves")(comparison), tmp_path / f"curves{ending}")
        assert (tmp_path / f"curves{ending}").read_bytes().startswith(magic)
    with pytest.raises(HarnessError, match=r"ends in \.svg, \.png, \.pdf, \.html"):
        save(kind_of("curves")(comparison), tmp_path / "curves.gif")


def test_trials_are_drawn_by_their_number_and_by_their_rate(comparison: Comparison) -> None:
    pytest.importorskip("vl_convert", reason="the extra figures is not installed")

    def points(kind: str) -> list[tuple[float, float]]:
        datasets = kind_of(kind)(comparison).to_dict()["datasets"].values()
        return [(point["x"], pytest.approx(point["y"])) for point in next(iter(datasets)) if point["cell"] == "lstm"]

    assert points("tuning") == [(1, 0.055), (2, 0.0325)]  # (0.1 + 0.01) / 2, and 0.1 / 4 + 3 × 0.01 / 4
    assert points("rates") == [(0.01, 0.01), (0.1, 0.1)]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_draw_is_told(make: Maker, kind: str) -> None:
    pytest.importorskip("vl_convert", reason="the extra figures is not installed")
    with pytest.raises(HarnessError, match="there is nothing to draw: no "):
        kind_of(kind)(compare([make("lstm", 0, None, parameters=None)], []))


def test_without_the_extra_it_says_what_to_install(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(HarnessError, match=r'pip install "cell-harness\[figures\]"'):
        kind_of("curves")(comparison)
