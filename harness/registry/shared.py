"""What all code in a process shares, and what puts it back as it was."""

from __future__ import annotations

import importlib.util
import os
import random
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Shared:
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
