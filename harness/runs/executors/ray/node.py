"""What the nodes do: execute a run, say how far it is, and say in what they differ."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

from harness.runs.executors.base import Progress
from harness.runs.executors.remote import Code, difference, refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.runs.record import Record
    from harness.runs.spec import RunSpec, Spec

REPORT_EVERY = 0.5
"""Seconds between two reports of a run."""


class Post:
    """Where runs leave word of how far they are, until somebody collects it."""

    def __init__(self) -> None:
        self._told: dict[str, Progress] = {}

    def tell(self, key: str, progress: Progress) -> None:
        """Leave word; only the last is kept."""
        self._told[key] = progress

    def collect(self) -> dict[str, Progress]:
        """Take all that was left."""
        told, self._told = self._told, {}
        return told


def execute_there(spec: Spec, code: Code, post: Any) -> Record:  # noqa: ANN401 - Ray's own type
    """What a node does for a run."""
    if found := difference(spec, code):  # also on nodes that came after the check
        raise refused(f"node {socket.gethostname()}", found)
    from harness.runs.execute import execute  # noqa: PLC0415 - it loads torch

    post.tell.remote(spec.key, Progress(0, 0.0))
    last = 0.0

    def report(step: int, loss: float) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_EVERY:
            last = time.monotonic()
            post.tell.remote(spec.key, Progress(step, loss))

    return execute(spec, report)


def differences(kinds: Iterable[RunSpec], code: Code) -> str:
    """What a node says of itself: the first thing in which it differs."""
    return next((found for spec in kinds if (found := difference(spec, code))), "")
