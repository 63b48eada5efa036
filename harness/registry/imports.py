"""Importing what a plugin names: a module, or a file that belongs to no package."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.errors import HarnessError, PluginWarning, did_you_mean
from harness.registry.guard import guarded, patience

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

T = TypeVar("T")


def guest(what: str, call: Callable[[], T]) -> T:
    """What a plugin's code gives, with a warning that names what it did to the process.

    Raises:
        HarnessError: it took too long, or exited the process.
        Exception: whatever else it raises.
    """
    with guarded(patience()) as done:
        result = call()
    for deed in done:
        warnings.warn(f"{what} {deed}: undone.", PluginWarning, stacklevel=2)
    return result


def import_named(target: str) -> object:
    """The object of "package.module:Name" or "path/to/file.py:Name".

    Raises:
        HarnessError: it is not of this form, or the module defines no such name.
    """
    place, _, name = target.rpartition(":")
    if not place or not name:
        raise HarnessError(f'"{target}" cannot be imported: write "package.module:Name".')
    module = import_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    if not hasattr(module, name):
        raise HarnessError(f'{place} defines no "{name}".{did_you_mean(name, dir(module))}')
    return getattr(module, name)


def import_file(path: Path) -> ModuleType:
    """Import a Python file that belongs to no package; the same file gives the same module.

    Raises:
        HarnessError: there is no such file.
    """
    if not path.is_file():
        raise HarnessError(f"there is no file {path}")
    name = f"{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise HarnessError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs: dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def reason(error: Exception) -> str:
    """Why an import failed, in a few words."""
    return str(error) if isinstance(error, HarnessError | ImportError) else f"{type(error).__name__}: {error}"
