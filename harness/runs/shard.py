"""A share of a plan, for machines that know nothing of each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from harness.errors import HarnessError
from harness.runs.spec import BaselineSpec, RunSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

S = TypeVar("S", RunSpec, BaselineSpec)


@dataclass(frozen=True)
class Shard:
    """One of `count` disjoint shares of all specs there can be, the first being number 1.

    The key of a spec decides, and nothing else: where cells, tasks or seeds are added, no other run moves to another
    share. Shares are of equal size up to chance.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `2/8`.

        Raises:
            HarnessError: it is no such share.
        """
        found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            right = f"1/{found[2]} to {found[2]}/{found[2]}" if found and int(found[2]) else "2/8, the second of eight"
            raise HarnessError(f'"--shard {text}" is no share: write {right}.')
        return cls(int(found[1]), int(found[2]))

    def of(self, specs: Iterable[S]) -> Iterator[S]:
        """Those of the specs that are in this share."""
        return (spec for spec in specs if int(spec.key, 16) % self.count == self.number - 1)

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


WHOLE = Shard()
