"""What the conformance test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Outcome = Literal["passed", "failed", "does not apply"]


class UnmetError(AssertionError):
    """A cell does not do what a check asks for; the message says what it does instead."""


class DoesNotApplyError(Exception):
    """A check makes no sense for a cell; the message says why."""


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: its name.
        outcome: of it.
        note: what was found, or why it does not apply.
        meaning: what it means when this check fails.
        details: the traceback, where the cell raised something.
    """

    check: str
    outcome: Outcome
    note: str = ""
    meaning: str = ""
    details: str = field(default="", repr=False)


@dataclass(frozen=True)
class Verdict:
    """All findings on one cell."""

    findings: Sequence[Finding]

    @property
    def failed(self) -> list[Finding]:
        """Those that failed."""
        return [finding for finding in self.findings if finding.outcome == "failed"]

    @property
    def applied(self) -> list[Finding]:
        """Those of checks that make sense for the cell."""
        return [finding for finding in self.findings if finding.outcome != "does not apply"]

    def __str__(self) -> str:
        """In a few words: `passed 11 of 11`, or `failed 1 of 11 (causal)`."""
        if self.failed:
            return f"failed {len(self.failed)} of {len(self.applied)} ({', '.join(f.check for f in self.failed)})"
        return f"passed {len(self.applied)} of {len(self.applied)}"
