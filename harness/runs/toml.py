"""Finding a setting again in the TOML file that it came from."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The number of the line where a setting begins, or the table that it would stand in; None where neither is seen.

    Each line is read on its own, so that headings and keys are taken as TOML takes them.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            table = _path(line) or table
            found.setdefault(table, number)
        elif "=" in line and (key := _path(line.partition("=")[0] + "= 0")):
            found.setdefault(table + key, number)
    beginnings = (tuple(path[:length]) for length in range(len(path), 0, -1))
    return next((found[beginning] for beginning in beginnings if beginning in found), None)


def _path(line: str) -> tuple[str, ...]:
    """The keys that a line leads to; none where it is no whole heading or key."""
    try:
        inner: object = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    keys = []
    while isinstance(inner, dict) and inner:
        key, inner = next(iter(inner.items()))
        keys.append(key)
    return tuple(keys)
