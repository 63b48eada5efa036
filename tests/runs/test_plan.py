from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, NotSupportedError
from harness.modeling.sizing import Size
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord
from harness.runs.spec import RunSpec

if TYPE_CHECKING:
    from pathlib import Path


def request(**changes: object) -> Request:
    values = {"cells": ("lstm", "gru"), "tasks": ("adding",), "seeds": 2, "budget": "smoke", "device": "cpu"}
    return Request(**{**values, **changes})  # type: ignore[arg-type]


def test_every_cell_on_every_task_seed_by_seed() -> None:
    specs = list(Plan.make(request(tasks=("adding", "adding:length=20"))).specs())
    assert [(spec.seed, spec.task.label, spec.cell.label) for spec in specs] == [
        (0, "adding", "lstm"),
        (0, "adding", "gru"),
        (0, "adding:length=20", "lstm"),
        (0, "adding:length=20", "gru"),
        (1, "adding", "lstm"),
        (1, "adding", "gru"),
        (1, "adding:length=20", "lstm"),
        (1, "adding:length=20", "gru"),
    ]
    assert len({spec.key for spec in specs}) == len(specs)


def test_an_option_at_its_default_is_the_same_run() -> None:
    plain, spelt_out = (
        next(iter(Plan.make(request(tasks=(name,))).specs())) for name in ("adding", "adding:marks=anywhere:length=100")
    )
    assert plain.key == spelt_out.key


def test_all_takes_everything_that_is_registered() -> None:
    plan = Plan.make(request(cells=("all",), tasks=("all", "adding:length=7")))
    assert {"lstm", "gru", "elman", "jordan", "torch-lstm"} <= {cell.name for cell in plan.cells}
    assert {"adding", "char-lm", "sentiment", "adding:length=7"} <= {component.label for component, _ in plan.tasks}


OTHERS = """
from harness import hookimpl

@hookimpl
def harness_cells():
    return {"lstm": "nowhere:LSTM"}

@hookimpl
def harness_tasks():
    return {"lost": "nowhere:Task"}
"""


def test_what_others_broke_or_named_alike_does_not_stop_all(tmp_path: Path) -> None:
    (tmp_path / "others.py").write_text(OTHERS)
    plan = Plan.make(request(cells=("all",), tasks=("all",), plugins=(str(tmp_path / "others.py"),)))
    assert {"cell-harness/lstm", "others.py/lstm", "gru"} <= {cell.name for cell in plan.cells}
    assert "adding" in {component.label for component, _ in plan.tasks}
    assert plan.lost == ()
    skipped = [str(error).partition(" could")[0] for error in plan.skipped]
    assert f'"lost" of {_origin(tmp_path / "others.py")}' in skipped


def _origin(path: Path) -> str:
    return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


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


def test_every_cell_has_the_same_trials_of_which_the_best_on_validation_is_run() -> None:
    plan = Plan.make(request(tasks=("adding", "vowels"), tune=3, seeds=2))
    trials = list(plan.trials())
    assert [(t.trial, t.task.label, t.cell.label) for t in trials[:5]] == [
        (1, "adding", "lstm"),
        (1, "adding", "gru"),
        (1, "vowels", "lstm"),
        (1, "vowels", "gru"),
        (2, "adding", "lstm"),
    ]
    rates = {(t.task.label, t.cell.label, t.trial): t.recipe.learning_rate / t.tuned["learning_rate"] for t in trials}
    for task in ("adding", "vowels"):
        for cell in ("lstm", "gru"):  # the middle of two decades, then the middles of its halves
            factors = [rates[task, cell, number] for number in (1, 2, 3)]
            assert factors == pytest.approx([1, 10**-0.5, 10**0.5], rel=1e-3)
    records = [RunRecord(t, "finished", metrics=METRICS[t.task.label], validation=score_of(t)) for t in trials]
    finals = list(plan.specs(records))
    assert [(f.seed, f.row) for f in finals[:4]] == [(0, "lstm"), (0, "gru"), (0, "lstm"), (0, "gru")]
    chosen = {(f.task.label, f.cell.label): f.recipe.learning_rate / f.tuned["learning_rate"] for f in finals}
    assert chosen == {
        ("adding", "lstm"): pytest.approx(10**-0.5, rel=1e-3),
        ("adding", "gru"): pytest.approx(10**0.5, rel=1e-3),
        ("vowels", "lstm"): pytest.approx(10**0.5, rel=1e-3),
        ("vowels", "gru"): pytest.approx(10**-0.5, rel=1e-3),
    }
    assert {f.changes for f in finals} == {("tune=3",)}
    assert {f.seed for f in finals}.isdisjoint({t.seed for t in trials})
    lost = [replace(record, status="diverged", validation={}) for record in records]
    assert [f.recipe for f in plan.specs(lost)] == [f.recipe for f in plan.specs()]
    assert next(iter(plan.specs(lost))).recipe.learning_rate == trials[0].recipe.learning_rate  # the recipe's own


METRICS = {
    "adding": [{"name": "MSE", "direction": "lower", "digits": 4}],
    "vowels": [{"name": "accuracy", "direction": "higher", "digits": 1}],
}


def score_of(trial: RunSpec) -> dict[str, float]:
    """Low rates suit an lstm on adding and a gru on vowels by the smaller, and by the larger score."""
    rate = trial.recipe.learning_rate
    return {METRICS[trial.task.label][0]["name"]: rate if trial.cell.label == "lstm" else -rate}


def test_more_trials_begin_with_those_that_were_made_and_are_another_contest() -> None:
    few, more = (Plan.make(request(tune=count)) for count in (2, 4))
    keys = [trial.key for trial in more.trials()]
    assert keys[:4] == [trial.key for trial in few.trials()]
    contests = {next(iter(plan.specs())).contest for plan in (few, more, Plan.make(request()))}
    assert len(contests) == 3
    assert list(Plan.make(request()).trials()) == []
    same = next(iter(few.specs()))
    assert RunSpec.from_dict(json.loads(json.dumps(asdict(same)))).key == same.key


def test_rows_of_a_grid_are_tuned_each() -> None:
    plan = Plan.make(request(cells=("lstm",), tune=2, grid={"clip": ("none", 1)}, seeds=1))
    assert [str(trial) for trial in plan.trials()] == [
        f"adding lstm clip={clip} trial {number}" for number in (1, 2) for clip in ("none", "1.0")
    ]
    assert [spec.row for spec in plan.specs()] == ["lstm clip=none", "lstm clip=1.0"]


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        *((task, "its outputs must not depend on what comes later") for task in ("char-lm", "word-lm", "music")),
        *((task, "its decoder writes step by step") for task in ("spell", "g2p")),
    ],
)
def test_a_second_direction_is_refused_where_outputs_must_not_see_it(task: str, reason: str) -> None:
    with pytest.raises(NotSupportedError, match=f"{task} cannot be run with --bidirectional: {reason}"):
        Plan.make(request(tasks=(task,), settings={"bidirectional": "true"}))
    with pytest.raises(NotSupportedError, match=f"{task} cannot be run with --bidirectional: {reason}"):
        Plan.make(request(tasks=(task,), grid={"bidirectional": ("false", "true")}))
    plan = Plan.make(request(tasks=("all", task), settings={"bidirectional": "true"}))
    assert [str(error).split()[0] for error in plan.lost] == [task]
    assert "highlight" in {component.label for component, _ in plan.tasks}


def test_a_file_with_a_class_is_a_cell(plugin: str) -> None:
    spec = next(iter(Plan.make(request(cells=(f"{plugin}:Plain",))).specs()))
    assert spec.cell.label == "Plain"
    assert spec.cell.distribution == "third_party.py"
    assert len(spec.cell.source) == 64


def test_what_is_named_twice_is_run_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("class Mine: ...")
    twice = (f"{file}:Mine", f"{tmp_path}/../{tmp_path.name}/mine.py:Mine")
    plan = Plan.make(request(cells=twice, tasks=("adding:length=9", "adding", "adding:length=100"), seeds=1))
    assert [(spec.cell.label, spec.task.label) for spec in plan.specs()] == [
        ("Mine", "adding:length=9"),
        ("Mine", "adding"),
    ]


def test_two_classes_that_a_table_would_call_the_same_are_told(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.py").write_text(f"class Mine: {name} = True")
    first, second = (f"{tmp_path}/{name}.py:Mine" for name in ("first", "second"))
    with pytest.raises(HarnessError) as caught:
        Plan.make(request(cells=(first, "gru", second)))
    assert str(caught.value) == f'{first} and {second} are both called "Mine" in tables: give one another name.'


def test_planning_imports_no_torch() -> None:
    """Asking again for what is done must not wait for torch."""
    code = (
        "import sys; from harness.runs.plan import Plan, Request; "
        "plan = Plan.make(Request(('all',), ('all',), 3, 'quick', 'cpu')); "
        "assert [spec.key for spec in plan.specs()]; "
        "sys.exit('torch was imported' if 'torch' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells": ("lsmt",)}, 'no cell is called "lsmt". Did you mean "lstm"?'),
        ({"tasks": ("adnig",)}, 'no task is called "adnig". Did you mean "adding"?'),
        ({"tasks": ("adding:lenght=4",)}, 'task "adding" has no option "lenght". Did you mean "length"? Its options:'),
        ({"tasks": ("adding:length=many",)}, "length=many cannot be used"),
        ({"tasks": ("adding:length=1",)}, "should be greater than or equal to 2"),
        ({"settings": {"lerning_rate": "1"}}, 'a recipe has no "lerning_rate". Did you mean "learning_rate"?'),
        ({"settings": {"dropout": "2"}}, "dropout=2 cannot be used"),
        ({"settings": {"lr": "fast"}}, "lr=fast cannot be used"),
        ({"cells": ("nowhere.py:Cell",)}, "there is no file nowhere.py"),
        ({"own": {"lsmt": {"lr": 1}}}, 'no cell is called "lsmt". Did you mean "lstm"?'),
        ({"own": {"elman": {"lr": 1}}}, "--set elman.lr: elman is not among the cells: lstm, gru."),
        ({"own": {"gru": {"lr": "fast"}}}, "--set for gru lr=fast cannot be used: it should be a number."),
        ({"own": {"gru": {"rl": "1"}}}, '--set for gru: a recipe has no "rl".'),
        ({"grid": {"lr": ("1", "fast")}}, "--grid lr=fast cannot be used: it should be a number."),
        ({"grid": {"hidden_size": (1, 2)}}, "--grid hidden_size is given with --hidden N."),
        ({"grid": {"lr": (1,)}, "settings": {"learning_rate": 1}}, "--grid lr and --set lr exclude each other"),
        ({"tune": 2, "grid": {"lr": (1,)}}, "--tune chooses learning_rate on adding: leave it to that, or to --set"),
        ({"tune": 2, "own": {"gru": {"lr": 1}}}, "--tune chooses learning_rate on adding: leave it to that"),
        ({"grid": {"lr": (1,)}, "own": {"gru": {"lr": 1}}}, "--grid lr and --set lr exclude each other"),
    ],
)
def test_mistakes_are_told_in_a_sentence(change: dict[str, object], message: str) -> None:
    with pytest.raises(HarnessError) as caught:
        Plan.make(request(**change))
    assert message in str(caught.value)
