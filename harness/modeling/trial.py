"""A cell on trial: built small, to see what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.modeling.assembly import Architecture, build, check_cell, engines
from harness.modeling.encoding import Classes, Real

if TYPE_CHECKING:
    from harness.registry import Entry

SMALL = Architecture(Real(3), Classes(4), "many to many")
HIDDEN = 8


def engine_of(entry: Entry) -> str:
    """What runs a cell over time, and why it is not compiled where it is not."""
    try:
        cell = check_cell(entry.load(), f'"{entry.name}"')
        return engines(build(cell, {}, SMALL, HIDDEN, seed=0))
    except HarnessError as error:
        return f"cannot be built: {error}"
    except Exception as error:  # noqa: BLE001 - cells are other people's code
        return f"cannot be built: {type(error).__name__}: {error}"
