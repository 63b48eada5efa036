"""What executors share that hand runs to other machines: the same code and data there, and runs that get lost."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import harness
from harness.errors import HarnessError
from harness.registry import install
from harness.runs.device import check_name
from harness.runs.executors.failures import failure
from harness.runs.spec import RunSpec, Spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.registry import Catalog, Component
    from harness.runs.record import Record

TRIES = 3
"""How often a run is handed out that gets lost with its worker or its node, before that is its record."""


@dataclass
class Attempt:
    """A run that is handed out, and how often it was."""

    spec: Spec
    tries: int = 1


@dataclass(frozen=True)
class Code:
    """What must be the same on every machine, so that every run gives the same result wherever it is."""

    harness: str
    source: str
    """The start of the sha256 over the files of the harness."""
    torch: str
    numpy: str
    python: str

    @classmethod
    def here(cls) -> Code:
        """That of this process."""
        python = ".".join(platform.python_version_tuple()[:2])
        return cls(harness.__version__, _source(), version("torch"), version("numpy"), python)

    def difference(self, other: Code) -> str:
        """The first thing in which another machine differs from this one, in a few words; empty where none does."""
        ours, theirs = asdict(self), asdict(other)
        for name, value in ours.items():
            if theirs[name] != value:
                what = "the source of harness" if name == "source" else name
                return f"{what} is {theirs[name]} there and {value} here"
        return ""


@lru_cache(maxsize=1)
def _source() -> str:
    folder = Path(harness.__file__).parent
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    text = "".join(f"{name} {hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n" for name in files)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def difference(spec: Spec, code: Code) -> str:
    """What on this machine is not as it was where a spec was made, in a few words; empty where all is.

    Args:
        spec: with what its cell and its task were there.
        code: what all else was there.
    """
    return code.difference(Code.here()) or _difference_of(spec)


def _difference_of(spec: Spec) -> str:
    """The same of the plugins and the data; each is looked at once a process."""
    cell = spec.cell if isinstance(spec, RunSpec) else None
    looks: list[tuple[tuple[object, ...], Callable[[], str]]] = [
        ((str(cell), spec.plugins), lambda: _other(cell, install(spec.plugins).cells()) if cell else ""),
        ((str(spec.task), spec.data, spec.plugins), lambda: _other_task(spec)),
    ]
    for key, look in looks:
        if key not in _seen:
            try:
                _seen[key] = look()
            except HarnessError as error:
                _seen[key] = str(error).rstrip(".")
    return next((_seen[key] for key, _ in looks if _seen[key]), "")


_seen: dict[tuple[object, ...], str] = {}


def _other_task(spec: Spec) -> str:
    from harness.runs.building import load_task  # noqa: PLC0415 - it loads torch, which a driver may do without

    found = _other(spec.task, install(spec.plugins).tasks())
    if found:
        return found
    task = load_task(spec.task, spec.plugins)
    for card in task.datasets():
        card.read()
    return "" if task.fingerprint() == spec.data else f"the data of {spec.task.label} is other data there"


def _other(component: Component, catalog: Catalog) -> str:
    here = catalog.find(component.target).component(component.target, component.options)
    for name in ("distribution", "version", "source"):
        ours, theirs = getattr(component, name)[:12], getattr(here, name)[:12]
        if ours != theirs:
            return f"the {name} of the {catalog.kind} {component.label} is {theirs} there and {ours} here"
    return ""


def refused(node: str, difference: str) -> HarnessError:
    """What is told of a machine on which something is not the same."""
    return HarnessError(f"{node} cannot run this: {difference}. Install the same there, or leave that machine out.")


def lost(attempt: Attempt, how: str) -> Record:
    """The record of a run that got lost too often."""
    return failure(attempt.spec, "crashed", f"{how}, {attempt.tries} times")


def device(name: str) -> str:
    """The device of runs on machines that have what is asked for: "cpu", or "cuda:0", as each run sees its own GPUs.

    Raises:
        HarnessError: it is no device.
    """
    check_name(name)
    if name not in {"auto", "cpu", "cuda", "cuda:0"}:
        raise HarnessError(f"--device {name} is for one machine: where runs are given their GPUs, it is --device cuda.")
    return "cuda:0" if name.startswith("cuda") else "cpu"
