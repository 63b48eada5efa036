"""What guests must not do to the process that they are loaded into: caught, named, and undone.

A plugin may raise, exit, hang, print, or change what everybody shares. Here each of these becomes an error or a line
that names it, and the process is as it was.
"""

from __future__ import annotations

import importlib.util
import io
import os
import random
import signal
import sys
import threading
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, NoReturn

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.machinery import ModuleSpec
    from types import FrameType, ModuleType

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
    before = _Before()
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
    before = _Before()
    try:
        yield
    finally:
        changed = [name for name in before.undo() if "seed" not in name and "random" not in name]
    if changed:
        raise HarnessError(f"it changed {' and '.join(changed)}, which other cells share: undone, and not compared")


class _Before:
    """What everybody shares, as it was; torch's part as soon as torch is there, whoever imports it."""

    def __init__(self) -> None:
        self._values = [(name, write, read()) for name, read, write in _of_python()]
        if "numpy" in sys.modules:
            self._values += [(name, write, read()) for name, read, write in _of_numpy(sys.modules["numpy"])]
        self._has_torch = False
        self._note_torch()

    def __enter__(self) -> None:
        if not self._has_torch:
            sys.meta_path.insert(0, self)

    def __exit__(self, *_: object) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """See torch coming."""
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_note(module: ModuleType) -> None:
                run(module)
                self._note_torch()

            spec.loader.exec_module = run_and_note  # type: ignore[method-assign]
        return spec

    def undo(self) -> list[str]:
        """Put everything back; gives the names of what had changed."""
        now = {name: read() for name, read, _ in _facts()}
        changed = [(name, write, value) for name, write, value in self._values if now[name] != value]
        for _, write, value in changed:
            write(value)
        return [name for name, _, _ in changed]

    def _note_torch(self) -> None:
        torch = sys.modules.get("torch")
        if torch is not None and hasattr(torch, "get_default_device"):  # it is not half imported
            self._has_torch = True
            self._values += [(name, write, read()) for name, read, write in _of_torch(torch)]


Fact = tuple[str, "Callable[[], Any]", "Callable[[Any], object]"]
"""What it is called, how to read it, how to write it."""


def _facts() -> list[Fact]:
    found = _of_python()
    for name, of_module in (("numpy", _of_numpy), ("torch", _of_torch)):
        if name in sys.modules:
            found += of_module(sys.modules[name])
    return found


def _of_python() -> list[Fact]:
    return [
        ("the working directory", os.getcwd, os.chdir),
        ("the random numbers of Python", random.getstate, random.setstate),
    ]


def _of_numpy(numpy: Any) -> list[Fact]:  # noqa: ANN401 - a module, which may not be there
    def read() -> tuple[Any, ...]:
        kind, keys, *rest = numpy.random.get_state()
        return (kind, tuple(keys.tolist()), *rest)

    return [("the random numbers of numpy", read, numpy.random.set_state)]


def _of_torch(torch: Any) -> list[Fact]:  # noqa: ANN401 - likewise
    return [
        ("the default dtype of torch", torch.get_default_dtype, torch.set_default_dtype),
        ("the default device of torch", torch.get_default_device, torch.set_default_device),
        ("the number of threads of torch", torch.get_num_threads, torch.set_num_threads),
        ("whether torch keeps gradients", torch.is_grad_enabled, torch.set_grad_enabled),
        (
            "whether torch is deterministic",
            torch.are_deterministic_algorithms_enabled,
            torch.use_deterministic_algorithms,
        ),
        ("the seed of torch", torch.initial_seed, torch.manual_seed),
    ]


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
