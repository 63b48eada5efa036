"""Changes to a task's recipe: single settings, and named recipes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, get_type_hints

from harness.errors import HarnessError, did_you_mean
from harness.registry import convert
from harness.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORT = {"lr": "learning_rate"}
ELSEWHERE = {"parameters": "--match params=N", "hidden_size": "--hidden N"}
"""What has an option of its own."""


def change(recipe: Recipe, given: Mapping[str, object], what: str) -> Recipe:
    """The recipe with some of its settings changed.

    Args:
        recipe: of a task and a budget.
        given: settings by name, as values or as text.
        what: gave them, for messages: "--set".

    Raises:
        HarnessError: there is no such setting, or it does not take this value.
    """
    types = get_type_hints(Recipe, include_extras=True)
    names = [field.name for field in fields(Recipe)]
    values: dict[str, Any] = {}
    for short, value in given.items():
        name = SHORT.get(short, short)
        if name not in names:
            settings = ", ".join(name for name in names if name not in ELSEWHERE)
            raise HarnessError(f'{what}: a recipe has no "{name}".{did_you_mean(name, names)} It has: {settings}.')
        values[name] = convert(value, types[name], f"{what} {short}={value}")
    return replace(recipe, **values)


def parse(assignments: tuple[str, ...]) -> dict[str, str]:
    """The settings of `--set NAME=VALUE`, given any number of times.

    Raises:
        HarnessError: one is not written like that, has an option of its own, or comes twice.
    """
    given: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = (part.strip() for part in assignment.partition("="))
        if not equals or not name:
            raise HarnessError(f'"--set {assignment}" cannot be read: write --set NAME=VALUE, as in --set lr=0.01.')
        if name in ELSEWHERE:
            raise HarnessError(f"--set {name} is given with {ELSEWHERE[name]}.")
        if twice := [other for other in given if SHORT.get(other, other) == SHORT.get(name, name)]:
            raise HarnessError(
                f"--set {twice[0]}={given[twice[0]]} and --set {assignment} exclude each other: give one."
            )
        given[name] = value
    return given
