"""What `--set` and recipes of a user's own change, and what they may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import HarnessError, Recipe
from harness.training.settings import change, differences, parse, parse_grid

RECIPE = Recipe(steps=100, batch=8, learning_rate=0.01, parameters=1_000)


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("lr=0.5", {"learning_rate": 0.5}),
        ("learning_rate=1e-3", {"learning_rate": 0.001}),
        ("steps = 40", {"steps": 40}),
        ("clip=none", {"clip": None}),
        ("clip=5", {"clip": 5.0}),
        ("bidirectional=true", {"bidirectional": True}),
        ("dropout=0.25", {"dropout": 0.25}),
        ("optimiser=sgd:momentum=0.9", {"optimiser": "sgd:momentum=0.9"}),
        ("regulariser=pascanu:alpha=1:form=code", {"regulariser": "pascanu:alpha=1:form=code"}),
    ],
)
def test_a_setting_changes_that_of_the_recipe_and_no_other(assignment: str, expected: dict[str, Any]) -> None:
    assert change(RECIPE, parse((assignment,))[0], "--set") == replace(RECIPE, **expected)


def test_several_settings_at_once() -> None:
    changed = change(RECIPE, parse(("lr=2", "steps=7"))[0], "--set")
    assert changed == replace(RECIPE, learning_rate=2.0, steps=7)


@pytest.mark.parametrize("second", ["lr=2", "learning_rate=2", " lr = 2"])
def test_a_setting_that_is_given_twice_is_told(second: str) -> None:
    with pytest.raises(HarnessError) as error:
        parse(("lr=1", "steps=7", second))
    assert str(error.value) == f"--set lr=1 and --set {second} exclude each other: give one."


def test_nothing_set_changes_nothing() -> None:
    assert change(RECIPE, parse(())[0], "--set") == RECIPE


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("lr", '"--set lr" cannot be read: write --set NAME=VALUE, as in lr=0.01 or, for one cell, lstm.lr=0.01.'),
        ("=3", '"--set =3" cannot be read: write --set NAME=VALUE, as in lr=0.01 or, for one cell, lstm.lr=0.01.'),
        ("lstm.hidden_size=64", "--set hidden_size is given with --hidden N."),
        ("parameters=500", "--set parameters is given with --match params=N."),
        ("hidden_size=64", "--set hidden_size is given with --hidden N."),
        ("hidden=64", "--set hidden is given with --hidden N."),
    ],
)
def test_what_cannot_be_read_as_a_setting_is_told(assignment: str, told: str) -> None:
    with pytest.raises(HarnessError) as error:
        parse((assignment,))
    assert str(error.value) == told


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("optimizer=sgd", '--set: a recipe has no "optimizer". Did you mean "optimiser"? It has: steps, batch, learn'),
        ("lr=fast", "--set lr=fast cannot be used: it should be a number."),
        ("lr=0", "--set lr=0 cannot be used: it should be greater than 0."),
        ("steps=0", "--set steps=0 cannot be used: it should be greater than or equal to 1."),
        ("lr=inf", "--set lr=inf cannot be used: it should be a finite number."),
        ("lr=nan", "--set lr=nan cannot be used: it should be "),
        ("steps=2.5", "--set steps=2.5 cannot be used: it should be a whole number."),
        ("dropout=1", "--set dropout=1 cannot be used: it should be less than 1."),
        ("clip=0", "--set clip=0 cannot be used: it should be greater than 0."),
        ("bidirectional=both", "--set bidirectional=both cannot be used: it should be true or false."),
        ("steps=none", "--set steps=none cannot be used: it should be a whole number."),
    ],
)
def test_a_setting_that_there_is_not_or_a_wrong_value_is_told(assignment: str, told: str) -> None:
    with pytest.raises(HarnessError) as error:
        change(RECIPE, parse((assignment,))[0], "--set")
    assert str(error.value).startswith(told)


def test_what_is_offered_instead_leaves_out_what_has_an_option_of_its_own() -> None:
    with pytest.raises(HarnessError) as error:
        change(RECIPE, {"speed": 1}, "recipe.json")
    assert str(error.value).startswith('recipe.json: a recipe has no "speed".')
    assert "parameters" not in str(error.value)
    assert "hidden_size" not in str(error.value)


@pytest.mark.parametrize(
    ("assignment", "cell", "settings"),
    [
        ("lstm.lr=0.01", "lstm", {"lr": "0.01"}),
        ("lstm:forget_bias=1.5:peephole=true.clip=none", "lstm:forget_bias=1.5:peephole=true", {"clip": "none"}),
        ("dir.d/my_cell.py:MGU.optimiser=sgd:momentum=0.9", "dir.d/my_cell.py:MGU", {"optimiser": "sgd:momentum=0.9"}),
        ("cell-harness/lstm.steps=5", "cell-harness/lstm", {"steps": "5"}),
    ],
)
def test_a_setting_can_be_for_one_cell(assignment: str, cell: str, settings: dict[str, str]) -> None:
    assert parse((assignment, "lr=1")) == ({"lr": "1"}, {cell: settings})


def test_a_dot_in_a_value_names_no_cell() -> None:
    everybody = {"optimiser": "adamw:beta1=0.5", "init": "uniform:bound=.5"}
    assert parse(f"{name}={value}" for name, value in everybody.items()) == (everybody, {})


def test_one_setting_may_be_for_all_and_differ_for_a_cell_but_not_come_twice_for_it() -> None:
    assert parse(("lr=1", "lstm.lr=2", "gru.lr=3")) == ({"lr": "1"}, {"lstm": {"lr": "2"}, "gru": {"lr": "3"}})
    with pytest.raises(HarnessError, match=r"--set lstm\.lr=2 and --set lstm\.learning_rate=3 exclude each other"):
        parse(("lstm.lr=2", "lstm.learning_rate=3"))


def test_an_axis_has_values() -> None:
    assert parse_grid(("clip=none, 1,5", "optimiser=sgd:momentum=0.9,adam")) == {
        "clip": ("none", "1", "5"),
        "optimiser": ("sgd:momentum=0.9", "adam"),
    }


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        (["clip"], '"--grid clip" cannot be read: write --grid NAME=VALUE,VALUE'),
        (["clip=,"], '"--grid clip=," cannot be read'),
        (["=1,2"], '"--grid =1,2" cannot be read'),
        (
            ["lr=1", "learning_rate=2"],
            "--grid learning_rate=2 names learning_rate again: give all of its values at once",
        ),
        (["parameters=5,6"], "--grid parameters is given with --match params=N."),
    ],
)
def test_what_is_no_axis_is_told(axes: list[str], told: str) -> None:
    with pytest.raises(HarnessError) as error:
        parse_grid(axes)
    assert str(error.value).startswith(told)


def test_differences_are_told_as_people_write_them() -> None:
    assert differences(RECIPE, replace(RECIPE, clip=None, bidirectional=True)) == ("bidirectional=true", "clip=none")
    assert differences(RECIPE, RECIPE) == ()
