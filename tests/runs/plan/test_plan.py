"""Specs from what was asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest
from planning import request

from harness.errors import HarnessError, NotSupportedError
from harness.runs.plan import Plan


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
