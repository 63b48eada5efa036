"""Records as tables need them: without the course of training, and with what many share kept once.

A table over a million runs has to read a million records. In a record, most says what the runs of one cell on one task
have in common; an outline refers to that, its kind, and holds what is the run's own.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from harness.runs.record import RunRecord
from harness.runs.spec import RunSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

HISTORY = ("curve", "diagnoses", "samples")
"""What of a record tells how training went, kept apart from what tables need."""
LEFT_OUT = (*HISTORY, "state", "validation", "data_seen", "details")
"""What an outline has not."""
OWN = (
    "status",
    "reason",
    "scores",
    "solved",
    "solved_step",
    "best_step",
    "steps",
    "seconds",
    "diagnosing_seconds",
    "sequence_steps",
    "clipped",
    "finished",
    "attempt",
)
"""What differs between the runs of a kind, beside the seed."""
SHARED = tuple(f.name for f in fields(RunRecord) if f.name not in {*LEFT_OUT, *OWN, "spec"})


def kind_text(record: RunRecord) -> str:
    """What a record shares with others of its kind, as JSON."""
    values = record.as_dict()
    spec = {name: value for name, value in values["spec"].items() if name != "seed"}
    return json.dumps({"spec": spec, **{name: values[name] for name in SHARED}})


def own_text(record: RunRecord) -> str:
    """What is a record's own, as JSON: the seed, and then the values of `OWN`."""
    return json.dumps([record.spec.seed, *(getattr(record, name) for name in OWN)])


def kind(text: str) -> RunRecord:
    """A record that has what `kind_text` wrote, and stands for all of its kind."""
    values = json.loads(text)
    spec = RunSpec.from_dict({**values.pop("spec"), "seed": 0})
    for name in ("contest", "row", "knobs"):  # worked out once, and not for each run
        getattr(spec, name)
    return RunRecord(spec, "finished", **values)


class Outline(RunRecord):
    """A record without the course of training: `LEFT_OUT` is empty.

    Args:
        kind: a record with all that it shares with others.
        key: of its spec.
        own: the seed, and the values of `OWN`.
    """

    __slots__ = ("_key", "_kind", "_own")

    def __init__(self, kind: RunRecord, key: str, own: Sequence[Any]) -> None:
        object.__setattr__(self, "_kind", kind)  # a record is frozen
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_own", own)

    @property
    def spec(self) -> RunSpec:  # type: ignore[override]  # as all below: read, and never set
        """What was run."""
        spec = object.__new__(RunSpec)
        spec.__dict__.update(self._kind.spec.__dict__, seed=self._own[0], key=self._key)
        return spec


def _own(index: int) -> property:
    return property(lambda self: self._own[index])


def _shared(name: str) -> property:
    return property(lambda self: getattr(self._kind, name))


for _index, _name in enumerate(OWN, start=1):
    setattr(Outline, _name, _own(_index))
for _name in (*SHARED, *LEFT_OUT):
    setattr(Outline, _name, _shared(_name))
