"""Settings and recipes on top of those of the tasks."""

from __future__ import annotations

import pytest
from planning import request

from harness.errors import HarnessError
from harness.modeling.sizing import Size
from harness.runs.plan import Plan


def test_size_and_layers_of_the_user_replace_those_of_the_recipe() -> None:
    spec = next(iter(Plan.make(request(size=Size("hidden", 9), settings={"layers": 2})).specs()))
    assert spec.size == Size("hidden", 9)
    assert spec.recipe.layers == 2
    assert next(iter(Plan.make(request()).specs())).size.by == "params"


def test_what_was_changed_is_told_and_nothing_else() -> None:
    spec = next(iter(Plan.make(request(settings={"clip": "none", "layers": 1})).specs()))
    assert spec.recipe.clip is None
    assert spec.changes == ("clip=none",)  # one layer it had anyway


def test_a_named_recipe_comes_first_and_single_settings_on_top() -> None:
    changed = request(recipe="keras-slide", settings={"lr": "0.5"})
    spec = next(iter(Plan.make(changed).specs()))
    assert (spec.recipe.optimiser, spec.recipe.learning_rate) == ("rmsprop:alpha=0.9:epsilon=1e-7", 0.5)
    assert spec.size == Size("hidden", 128)
    assert "hidden_size=128" in spec.changes
    own = next(iter(Plan.make(request(recipe="keras-slide", size=Size("hidden", 9))).specs()))
    assert own.size == Size("hidden", 9)
    assert not [change for change in own.changes if change.startswith("hidden_size")]
    with pytest.raises(HarnessError, match=r'no recipe is called "keras-slid"\. Did you mean "keras-slide"'):
        Plan.make(request(recipe="keras-slid"))


def test_one_cell_may_have_settings_of_its_own_beside_those_of_all() -> None:
    changed = request(cells=("lstm:forget_bias=2", "gru"), settings={"lr": "0.5"}, own={"gru": {"lr": "0.1"}})
    lstm, gru = list(Plan.make(changed).specs())[:2]
    assert (lstm.row, lstm.recipe.learning_rate) == ("lstm:forget_bias=2", 0.5)
    assert (gru.row, gru.recipe.learning_rate, gru.shared) == ("gru learning_rate=0.1", 0.1, {"learning_rate": 0.5})
    assert lstm.contest == gru.contest
    assert lstm.changes == gru.changes == ("learning_rate=0.5",)
    same = request(tasks=("adding", "vowels"), own={"gru": {"steps": str(lstm.recipe.steps)}})
    assert {spec.row for spec in Plan.make(same).specs()} == {"lstm", f"gru steps={lstm.recipe.steps}"}  # one row


def test_a_cell_in_a_file_may_be_named_as_it_was_asked_for_or_by_its_label(plugin: str) -> None:
    cell = f"{plugin}:Plain"
    for name in (cell, "Plain"):
        specs = Plan.make(request(cells=(cell,), own={name: {"clip": "none"}})).specs()
        assert next(iter(specs)).row == "Plain clip=none"


def test_a_grid_trains_each_cell_with_each_setting() -> None:
    grid = {"clip": ("none", "1", "1.0"), "layers": (1, 2)}
    plan = Plan.make(request(grid=grid, own={"gru": {"lr": 1}}, seeds=1))
    specs = list(plan.specs())
    assert plan.settings() == 4
    assert [spec.row for spec in specs] == [
        *(f"lstm clip={clip} layers={layers}" for clip in ("none", "1.0") for layers in (1, 2)),
        *(f"gru learning_rate=1.0 clip={clip} layers={layers}" for clip in ("none", "1.0") for layers in (1, 2)),
    ]
    assert len({spec.key for spec in specs}) == len(specs)
    assert len({spec.contest for spec in specs}) == 1
    assert (specs[0].recipe.clip, specs[3].recipe.clip, specs[3].recipe.layers) == (None, 1.0, 2)
