"""What a request names, looked up: cells, tasks with their options, and which of them "all" stands for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.registry import ALL, Component, Reference, bind, signature
from harness.training.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.registry import Catalog


def names(asked: tuple[str, ...], catalog: Catalog) -> list[str]:
    """The names that are asked for; in the place of "all" those of everything that can be used."""
    if ALL not in asked:
        return list(asked)
    usable = [entry for entry in catalog if not entry.refusal]
    count = Counter(entry.name for entry in usable)
    every = [e.name if count[e.name] == 1 else f"{e.origin.distribution}/{e.name}" for e in usable]
    return list(dict.fromkeys(every + [name for name in asked if name != ALL]))


def check_apart(components: Iterable[Component]) -> None:
    """See that a table can tell components apart: classes of two files may be called the same.

    Raises:
        HarnessError: it cannot.
    """
    found: dict[str, Component] = {}
    for one in components:
        other = found.setdefault(one.label, one)
        if other.identity() != one.identity():
            raise HarnessError(
                f'{other.target} and {one.target} are both called "{one.label}" in tables: give one another name.'
            )


def find_cell(catalog: Catalog, text: str) -> Component:
    """The cell of a name with options; it is not imported.

    Raises:
        HarnessError: there is none.
    """
    reference = Reference.parse(text)
    return catalog.find(reference.target).component(reference.target, reference.options)


def find_task(catalog: Catalog, text: str) -> tuple[Component, Task]:
    """The task with its options bound; in its label stand those that are not the default.

    Raises:
        HarnessError: there is none, or it does not take them.
    """
    reference = Reference.parse(text)
    entry = catalog.find(reference.target)
    cls = entry.load()
    if not (isinstance(cls, type) and issubclass(cls, Task)):
        raise HarnessError(f'"{reference.target}" of {entry.origin} is no task: it must be a subclass of harness.Task.')
    options = bind(cls, reference.options, f'task "{reference.target}"')
    defaults = signature(cls)
    changed = {name: value for name, value in options.items() if value != defaults[name]}
    return entry.component(reference.target, changed), cls(**options)


def by_label(
    own: Mapping[str, Mapping[str, object]], cells: Sequence[Component], catalog: Catalog
) -> dict[str, Mapping[str, object]]:
    """The settings of single cells, which are named as users do, by the labels of the cells.

    Raises:
        HarnessError: there is no such cell, or it is not asked for.
    """
    labels = [cell.label for cell in cells]
    found = {}
    for name, settings in own.items():
        label = name if name in labels else find_cell(catalog, name).label
        if label not in labels:
            raise HarnessError(
                f"--set {name}.{next(iter(settings))}: {label} is not among the cells: {', '.join(labels)}."
            )
        found[label] = settings
    return found
