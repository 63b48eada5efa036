"""What guests must not do to the process that they are loaded into: caught, named, and undone.

A plugin may raise, exit, hang, print, or change what everybody shares. Here each of these becomes an error or a line
that names it, and the process is as it was.
"""

from __future__ import annotations

import io
import os
import signal
import threading
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, NoReturn

from harness.errors import HarnessError
from harness.registry.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

LIMIT = "HARNESS_PLUGIN_SECONDS"
"""The environment variable that says how long a plugin may take to load."""
PATIENCE = 60.0
SHOWN = 60
"""Characters of what was printed that are told."""

_guarding = False


class _LateError(BaseException):
    """The time is over; no Exception, since guests catch those."""


def patience() -> float:
    """How long a plugin may take to load, in seconds.

    Raises:
        HarnessError: the environment says something else than a number of seconds.
    """
    text = os.environ.get(LIMIT, "")
    try:
        seconds = float(text or PATIENCE)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise HarnessError(f"{LIMIT}={text} cannot be used: it should be a number of seconds.")
    return seconds


@contextmanager
def guarded(limit: float) -> Iterator[list[str]]:
    """Run a guest's code; gives the list that will hold what it did to the process, which is undone when this ends.

    The time limit needs signals: it holds in the main thread, on systems that have `setitimer`, and a call into
    compiled code is only ended when it returns.

    Args:
        limit: seconds.

    Raises:
        HarnessError: it took longer, or exited the process.
    """
    global _guarding  # noqa: PLW0603 - the process is what is guarded
    done: list[str] = []
    if _guarding:  # somebody watches already
        yield done
        return
    _guarding = True
    printed = io.StringIO()
    before = Shared()
    try:
        with before, redirect_stdout(printed), _no_exit(), _time(limit):
            yield done
    except _LateError:
        raise HarnessError(f"it took more than {limit:g} s") from None
    except SystemExit as error:
        raise HarnessError(f"it exits the process (code {error.code})") from error
    finally:
        _guarding = False
        if text := " ".join(printed.getvalue().split()):
            done.append(f'printed "{text[:SHOWN]}{"…" if len(text) > SHOWN else ""}"')
        done += [f"changed {name}" for name in before.undo()]


@contextmanager
def unchanged() -> Iterator[None]:
    """See that a run leaves to the next one what all share; random numbers are each run's own.

    Raises:
        HarnessError: it did not; what it changed is undone.
    """
    before = Shared()
    try:
        yield
    finally:
        changed = [name for name in before.undo() if "seed" not in name and "random" not in name]
    if changed:
        raise HarnessError(f"it changed {' and '.join(changed)}, which other cells share: undone, and not compared")


@contextmanager
def _no_exit() -> Iterator[None]:
    """While this lasts, `os._exit` can be caught; in processes that are forked meanwhile it is what it was."""
    leave, here = os._exit, os.getpid()

    def refuse(status: int) -> NoReturn:
        if os.getpid() != here:
            leave(status)
        raise SystemExit(status)

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = leave


@contextmanager
def _time(limit: float) -> Iterator[None]:
    """Raise `_LateError` in whatever runs when the time is over, and again each second where that is swallowed."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(_number: int, _frame: FrameType | None) -> None:
        raise _LateError

    previous = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, limit, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
