"""Seeds as many as it takes: after which numbers of them it is looked whether more are run."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

FIRST = 3
GROWTH = 1.6
MOST = 20
_AUTO = re.compile(r"auto(?::max=(\d+))?")


@dataclass(frozen=True)
class Auto:
    """As many seeds as it takes to decide the comparisons, and at most so many."""

    most: int = MOST

    @property
    def looks(self) -> tuple[int, ...]:
        """The numbers of seeds after which it is decided who gets more: 3, 5, 8, 13, 20.

        Each is larger by a share, so that there are few: the more often one looks, the less each look can show.
        """
        found = [FIRST]
        while found[-1] < self.most:
            found.append(min(self.most, math.ceil(GROWTH * found[-1])))
        return tuple(found)

    def __str__(self) -> str:
        return f"auto:max={self.most}"


def parse(given: object) -> int | Auto:
    """Read `5`, `"auto"` or `"auto:max=30"`.

    Raises:
        ValueError: it is no number of seeds.
    """
    written = str(given).strip()
    if isinstance(given, int | str) and written.isascii() and written.isdecimal() and int(written) > 0:
        return int(written)
    found = _AUTO.fullmatch(written)
    auto = Auto(int(found[1] or MOST)) if found else None
    if auto is None or auto.most < FIRST:
        raise ValueError(
            f'should be a number from 1, or "auto:max={MOST}": as many as it takes, and at most so many, which is '
            f"{FIRST} at least"
        )
    return auto


def bounds(seeds: int | Auto) -> tuple[int, int]:
    """The least and the largest number of seeds there will be."""
    return (seeds.looks[0], seeds.most) if isinstance(seeds, Auto) else (seeds, seeds)


def plain(seeds: int | Auto) -> int | str:
    """As it is written in a file."""
    return seeds if isinstance(seeds, int) else str(seeds)
