"""What a run may take at most, and how often it may be tried."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.runs.states import CHECKPOINTS, place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.runs.checkpoints import RunCheckpoints

SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
BYTES = {
    f"{prefix}{unit}": base**power
    for power, prefix in enumerate("KMGT", start=1)
    for unit, base in (("B", 1000), ("iB", 1024))
}
_AMOUNT = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[A-Za-z]+)")


@dataclass(frozen=True)
class Limits:
    """What a worker process may take for one run.

    Attributes:
        seconds: from the moment when it is handed the run; as long as it likes when None.
        memory: bytes of main memory that the process has in use; as much as there is when None.
    """

    seconds: float | None = None
    memory: float | None = None


@dataclass(frozen=True)
class Care:
    """What is done so that runs that go wrong disturb no others.

    Attributes:
        limits: what a run may take.
        retries: how often a run that failed, and may not the next time, is tried again.
    """

    limits: Limits = Limits()
    retries: int = 0


@dataclass(frozen=True)
class Keeping:
    """How checkpoints are kept.

    Attributes:
        folder: the results folder.
        every: seconds between two of a run; none is made when None, but one that is there is gone on from.
    """

    folder: Path
    every: float | None = None

    def of(self, key: str) -> RunCheckpoints:
        """Those of a run."""
        from harness.runs.checkpoints import RunCheckpoints  # noqa: PLC0415 - it loads torch

        return RunCheckpoints(place(self.folder, CHECKPOINTS, key), key, self.every)


def duration(text: str, option: str) -> float:
    """The seconds that a user means by `90s`, `15min`, `2h` or `1d`.

    Raises:
        HarnessError: it is no duration, or nothing lasts so short.
    """
    return _amount(
        text, SECONDS, f"{option} {text} is no duration: write a number and its unit, as in 90s, 15min or 2h."
    )


def size(text: str, option: str) -> float:
    """The bytes that a user means by `500MB`, `2GB` or `2GiB`.

    Raises:
        HarnessError: it is no size, or nothing.
    """
    return _amount(text, BYTES, f"{option} {text} is no size: write a number and its unit, as in 500MB, 2GB or 2GiB.")


def duration_text(seconds: float) -> str:
    """As a user would write it."""
    return _text(seconds, SECONDS)


def size_text(count: float) -> str:
    """As a user would write it."""
    return _text(count, {unit: each for unit, each in BYTES.items() if not unit.endswith("iB")})


def _amount(text: str, units: Mapping[str, int], complaint: str) -> float:
    known = {unit.lower(): each for unit, each in units.items()}
    match = _AMOUNT.fullmatch(text.strip())
    if not match or match["unit"].lower() not in known:
        raise HarnessError(complaint)
    value = float(match["number"]) * known[match["unit"].lower()]
    if not 0 < value < math.inf:
        raise HarnessError(complaint)
    return value


def _text(value: float, units: Mapping[str, int]) -> str:
    """In the largest unit of which it has one at least."""
    unit, each = max(
        ((unit, each) for unit, each in units.items() if each <= value),
        key=lambda pair: pair[1],
        default=next(iter(units.items())),
    )
    return f"{value / each:.3g} {unit}"
