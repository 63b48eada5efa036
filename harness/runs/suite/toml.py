"""TOML: finding a setting again in the file that it came from, and writing plain values."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


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


def place(file: str, toml: str, path: Sequence[str]) -> str:
    """Where something stands in a file: its name, and the line where its text is TOML and has it."""
    line = line_of(toml, path)
    return file if line is None else f"{file}, line {line}"


def lines(values: Mapping[str, Any], heading: str = "") -> Iterator[str]:
    """Plain values first, tables after them. Strings, numbers and lists are written as JSON's are."""
    if heading:
        yield f"\n[{heading}]"
    for name, value in values.items():
        if not isinstance(value, dict):
            yield f"{_key(name)} = {json.dumps(value, ensure_ascii=False)}"
    for name, value in values.items():
        if isinstance(value, dict):
            yield from lines(value, f"{heading}.{_key(name)}" if heading else _key(name))


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else json.dumps(name)


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
