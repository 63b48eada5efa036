"""The plan, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.cli.console import fail, skip, warn_of_broken
from harness.errors import HarnessError
from harness.registry import ALL, Reference, install
from harness.runs.plan import Plan

if TYPE_CHECKING:
    from harness.registry import Plugins
    from harness.runs.plan import Request


def make_plan(request: Request) -> tuple[Plan, bool]:
    """The plan of what can be had of a request, and whether something that was asked for cannot: that is told.

    Raises:
        HarnessError: something named does not exist, or nothing can be had.
    """
    plugins = install(request.plugins)
    broken = warn_of_broken(plugins)
    plan = Plan.make(_without_lost_cells(request, plugins) if broken else request)
    for error in plan.lost:
        fail(error)
    for error in plan.skipped:
        skip(error)
    return plan, broken or bool(plan.lost)


def _without_lost_cells(request: Request, plugins: Plugins) -> Request:
    """The request without the cells that nobody offers, since a plugin that the user named is broken."""
    lost = set()
    for name in request.cells:
        try:
            plugins.cells().find(Reference.parse(name).target)
        except HarnessError as error:
            if name != ALL:
                fail(error)
                lost.add(name)
    return replace(request, cells=tuple(name for name in request.cells if name not in lost))
