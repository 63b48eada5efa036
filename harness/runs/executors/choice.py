"""Executors by name: those of harness, and those that plugins offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import __version__
from harness.errors import HarnessError
from harness.registry import Catalog, Entry, Origin, Reference, bind
from harness.runs.executors.base import Executor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.registry import Plugins

BUNDLED = {
    "process": "harness.runs.executors.local:InProcess",
    "workers": "harness.runs.executors.workers:Workers",
    "ray": "harness.runs.executors.ray:Ray",
    "slurm": "harness.runs.executors.slurm:Slurm",
}


def executors(plugins: Plugins) -> Catalog:
    """All executors there are."""
    origin = Origin("cell-harness", __version__)
    bundled = [Entry(name, target, origin) for name, target in BUNDLED.items()]
    return Catalog("executor", [*bundled, *plugins.executors()])


def choose(plugins: Plugins, text: str, given: Mapping[str, object]) -> Executor:
    """The executor of a name with options.

    Args:
        plugins: of this process.
        text: `ray:cpus=2`.
        given: options that have a place of their own on the command line; what is None was not given.

    Raises:
        HarnessError: there is no such executor, it does not take these options, or one is given twice.
    """
    reference = Reference.parse(text)
    entry = executors(plugins).find(reference.target)
    cls = entry.load()
    if not (isinstance(cls, type) and issubclass(cls, Executor)):
        raise HarnessError(
            f'"{reference.target}" of {entry.origin} is no executor: it must be a subclass of harness.Executor.'
        )
    own = {name: value for name, value in given.items() if value is not None}
    for name in own.keys() & reference.options.keys():
        raise HarnessError(f"--{name} and {text} exclude each other: give {name} once.")
    executor: Executor = cls(**bind(cls, {**reference.options, **own}, f'executor "{reference.target}"'))
    return executor


def usual(plugins: Plugins, workers: int | None) -> Executor:
    """Worker processes on this machine, or this process where there are to be none."""
    return choose(plugins, "process", {}) if workers == 0 else choose(plugins, "workers", {"workers": workers})
