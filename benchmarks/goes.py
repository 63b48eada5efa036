"""Several goes of the same measurement, minutes or hours apart: each is kept, and they are read as their medians.

A machine that others use, too, favours now this layer and now that one for minutes, which no repeat within a go shows.
In a file a measured number is the list of what the goes gave; what was asked for, such as a size, stands once.
"""

from __future__ import annotations

from statistics import median
from typing import Any

KEY = ("cell", "against", "phase", "cache")
"""Rows of two goes are the same where they agree in these."""
READ = {"low": min, "high": max}
"""How the numbers of goes become one where it is not by their median: an interval covers those of all goes."""

Part = dict[str, Any]
"""What was asked for, and the rows of what was measured."""


def joined(kept: Part | None, go: Part) -> Part:
    """A part with one go more."""
    rows: dict[tuple[str, ...], Part] = {_key(row): row for row in (kept or {"rows": []})["rows"]}
    for row in go["rows"]:
        before = rows.get(_key(row), {})
        rows[_key(row)] = {
            name: [*before.get(name, []), value] if _measured(value) else value for name, value in row.items()
        }
    return go | {"rows": list(rows.values())}


def read(part: Part) -> Part:
    """A part with one number for each list."""
    return part | {"rows": [{name: _one(name, value) for name, value in row.items()} for row in part["rows"]]}


def goes_of(part: Part | None) -> int:
    """How many goes there are of a part."""
    rows = part["rows"] if part else []
    return max((len(value) for row in rows for value in row.values() if isinstance(value, list)), default=0)


def _key(row: Part) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in KEY)


def _measured(value: object) -> bool:
    return isinstance(value, float) or value is None


def _one(name: str, value: object) -> object:
    if not isinstance(value, list):
        return value
    there = [number for number in value if number is not None]
    return READ.get(name, median)(there) if there else None
