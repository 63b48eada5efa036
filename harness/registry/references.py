"""The syntax in which users name things: `lstm:forget_bias=2`, `cell-harness/lstm`, `my_cell.py:MGU:size=3`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.registry.options import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALL = "all"
"""Stands for every cell or task that there is."""
_OPTION_START = re.compile(r":(?=[A-Za-z_]\w*=)")  # a colon inside a value (a Windows path, say) starts no option
_FILE_CLASS = re.compile(r"(?P<path>.+\.py):(?P<attribute>[A-Za-z_]\w*)$")


@dataclass(frozen=True)
class Reference:
    """A name as the user typed it, taken apart."""

    target: str
    """The name without its options: `lstm`, `cell-harness/lstm`, or `my_cell.py:MGU`."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The options as text, in the order of their names."""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Take `name:option=value:option=value` apart.

        Raises:
            HarnessError: the name is empty, something after it is no `option=value`, or an option comes twice.
        """
        target, *assignments = _OPTION_START.split(text.strip())
        if not target or (":" in target and not _FILE_CLASS.match(target)):
            forgotten = re.fullmatch(r"[^:]+:[A-Za-z_]\w*", target)
            example = f", as in {target}=VALUE," if forgotten else ""
            raise HarnessError(
                f'"{text}" cannot be read: write name:option=value{example} or FILE.py:CLASS, '
                "with any number of options."
            )
        pairs = [tuple(assignment.split("=", 1)) for assignment in assignments]
        options = dict(sorted(pairs))
        if len(options) < len(pairs):
            raise HarnessError(f'"{text}" gives an option twice.')
        return cls(target, options)

    @property
    def in_file(self) -> tuple[str, str] | None:
        """Path and class of `my_cell.py:MGU`; None for a registered name."""
        match = _FILE_CLASS.match(self.target)
        return (match["path"], match["attribute"]) if match else None


@dataclass(frozen=True)
class Component:
    """A cell or task as a run uses it: what it is called, its options, and exactly which code is behind it."""

    target: str
    """How to find it again: the name, or `path.py:Class`."""
    name: str
    options: Mapping[str, str | int | float | bool | None]
    distribution: str
    version: str
    source: str
    """The sha256 of the module that defines it, so that an edited cell is another cell."""

    @cached_property
    def label(self) -> str:
        """The name with its options: what stands in tables."""
        return ":".join([self.name, *(f"{name}={text_of(value)}" for name, value in self.options.items())])

    def identity(self) -> dict[str, object]:
        """All that makes results differ, and nothing else: where the file lies does not."""
        return {
            "name": self.name,
            "options": dict(self.options),
            "distribution": self.distribution,
            "version": self.version,
            "source": self.source,
        }


def split(texts: Iterable[str]) -> list[str]:
    """Names from repeated and comma-separated arguments, in order, each once."""
    names = (name.strip() for text in texts for name in text.split(","))
    return list(dict.fromkeys(name for name in names if name))
