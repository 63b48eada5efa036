"""The command that repeats runs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from harness.registry.options import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.registry import Component
    from harness.runs.spec import RunSpec


def command(specs: Sequence[RunSpec]) -> str:
    """What to type to have some runs again that differ in nothing but their seeds, which follow one another."""
    spec = specs[0]
    seeds = sorted({one.seed for one in specs})
    words = ["harness", "run", "--cells", _reference(spec.cell), "--tasks", _reference(spec.task)]
    words += ["--seeds", str(seeds[-1] - seeds[0] + 1), "--first-seed", str(seeds[0])]
    words += ["--budget", spec.budget]
    words += ["--hidden", str(spec.size.value)] if spec.size.by == "hidden" else ["--match", str(spec.size)]
    own = [f"{spec.cell.label}.{knob}" for knob in spec.knobs]
    settings = [change for change in spec.changes if change.partition("=")[0] not in {"parameters", "hidden_size"}]
    words += [word for setting in (*settings, *own) for word in ("--set", setting)]
    if tune := spec.tune or spec.trial:  # a trial is the same however many follow it
        words += ["--tune", str(tune)]
    words += ["--device", spec.device]
    words += [] if spec.engine == "auto" else ["--engine", spec.engine]
    words += [word for plugin in spec.plugins for word in ("--plugin", plugin)]
    return shlex.join(words)


def _reference(component: Component) -> str:
    return ":".join([component.target, *(f"{name}={text_of(value)}" for name, value in component.options.items())])
