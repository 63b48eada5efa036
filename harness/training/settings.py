"""Changes to a task's recipe: single settings, and named recipes."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, get_type_hints

from harness.errors import HarnessError, did_you_mean
from harness.registry import convert
from harness.registry.options import text_of
from harness.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHORT = {"lr": "learning_rate"}
ELSEWHERE = {"parameters": "--match params=N", "hidden_size": "--hidden N", "hidden": "--hidden N"}
"""What has an option of its own."""
ASSIGNMENT = re.compile(r"(?:(.+?)\.)?([A-Za-z_]\w*)\s*=\s*(.*)")
"""A cell, which may have options and dots in its name, a setting, and its value."""


def full(name: str) -> str:
    """The name of a setting, which may be given in short."""
    return SHORT.get(name, name)


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
        name = full(short)
        if name not in names:
            settings = ", ".join(name for name in names if name not in ELSEWHERE)
            raise HarnessError(f'{what}: a recipe has no "{name}".{did_you_mean(name, names)} It has: {settings}.')
        values[name] = convert(value, types[name], f"{what} {short}={value}")
    return replace(recipe, **values)


def differences(common: Recipe, own: Recipe) -> tuple[str, ...]:
    """Where a recipe differs from another one, for people: `clip=none`."""
    pairs = ((field.name, getattr(common, field.name), getattr(own, field.name)) for field in fields(Recipe))
    return tuple(f"{name}={text_of(new)}" for name, old, new in pairs if new != old)


def parse(assignments: Iterable[str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The settings of `--set NAME=VALUE` for all cells, and those of `--set CELL.NAME=VALUE` by cell.

    Raises:
        HarnessError: one is not written like that, has an option of its own, or comes twice.
    """
    everybody: dict[str, str] = {}
    own: dict[str, dict[str, str]] = {}
    given: dict[tuple[str, str], str] = {}
    for assignment in assignments:
        match = ASSIGNMENT.fullmatch(assignment.strip())
        if match is None:
            raise HarnessError(
                f'"--set {assignment}" cannot be read: write --set NAME=VALUE, as in lr=0.01 or, for one cell, '
                "lstm.lr=0.01."
            )
        cell, name, value = (part or "" for part in match.groups())
        check_name(name, "--set")
        before = given.setdefault((cell, full(name)), assignment)
        if before is not assignment:
            raise HarnessError(f"--set {before} and --set {assignment} exclude each other: give one.")
        (own.setdefault(cell, {}) if cell else everybody)[name] = value
    return everybody, own


def parse_grid(axes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The values of `--grid NAME=VALUE,VALUE`, given any number of times.

    Raises:
        HarnessError: one is not written like that, has an option of its own, or comes twice.
    """
    given: dict[str, tuple[str, ...]] = {}
    for axis in axes:
        name, _, listed = (part.strip() for part in axis.partition("="))
        values = tuple(value.strip() for value in listed.split(",") if value.strip())
        if not name or not values:
            raise HarnessError(
                f'"--grid {axis}" cannot be read: write --grid NAME=VALUE,VALUE, as in --grid clip=none,1,5.'
            )
        check_name(name, "--grid")
        if any(full(other) == full(name) for other in given):
            raise HarnessError(f"--grid {axis} names {name} again: give all of its values at once.")
        given[name] = values
    return given


def check_name(name: str, what: str) -> None:
    """Refuse a setting that has an option of its own.

    Raises:
        HarnessError: it has.
    """
    if name in ELSEWHERE:
        raise HarnessError(f"{what} {name} is given with {ELSEWHERE[name]}.")
