"""The hooks that a plugin may implement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping

GROUP = "harness"
"""The entry point group, and pluggy's project name."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class Hooks:
    """What a plugin can offer, and what it can listen to. A plugin implements any of these as plain functions."""

    @hookspec
    def harness_cells(self) -> Mapping[str, object]:  # type: ignore[empty-body]
        """Cells and layers: name to class, or to "package.module:Class", which is imported only when used.

        A `Wrapped` offers somebody else's code, and a `NotSupportedError` says why a name cannot be had.
        """

    @hookspec
    def harness_tasks(self) -> Mapping[str, type | str]:  # type: ignore[empty-body]
        """Tasks: name to class, or to "package.module:Class"."""

    @hookspec
    def harness_datasets(self) -> Mapping[str, object]:  # type: ignore[empty-body]
        """Data sets: name to card, or to "package.module:CARD"."""

    @hookspec
    def harness_recipes(self) -> Mapping[str, Mapping[str, object]]:  # type: ignore[empty-body]
        """Named recipes: name to what it sets in a task's recipe, for `--recipe`."""

    @hookspec
    def harness_executors(self) -> Mapping[str, type | str]:  # type: ignore[empty-body]
        """Executors for `--executor`: name to subclass of `Executor`, or to "package.module:Class"."""

    @hookspec
    def harness_run_started(self, spec: Any) -> None:  # noqa: ANN401 - a RunSpec, defined above this layer
        """A run has been handed to a worker."""

    @hookspec
    def harness_run_progress(self, spec: Any, progress: Any) -> None:  # noqa: ANN401
        """A run has come further: `progress` has the step, the number of steps and the training loss."""

    @hookspec
    def harness_run_finished(self, record: Any) -> None:  # noqa: ANN401 - a RunRecord
        """A run has ended, well or not, and its record is stored."""


HOOK_NAMES = tuple(name for name in vars(Hooks) if name.startswith("harness_"))
