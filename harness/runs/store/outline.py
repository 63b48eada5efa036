"""Records as tables need them: without the course of training, and with what many share kept once.

A table over a million runs has to read a million records. In a record, most says what the runs of one cell on one task
have in common; an outline refers to that, its kind, and holds what is the run's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from harness.runs.record import RunRecord
from harness.runs.spec import RunSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

HISTORY = ("curve", "diagnoses", "samples")
"""What of a record tells how training went, kept apart from what tables need."""
SUMMED_UP = ("cost", "disturbance")
"""What is a run's own, and of which an outline has only what tables show: the price, and whether it was disturbed."""
LEFT_OUT = (*HISTORY, *SUMMED_UP, "state", "validation", "data_seen", "details")
"""What an outline has not."""
SHARED = (
    "metrics",
    "hidden_size",
    "parameters",
    "recurrent_parameters",
    "state_size",
    "flops_per_step",
    "engine",
    "checked",
    "environment",
)
"""What the runs of a kind have in common, beside the spec without its seed."""
OWN = tuple(f.name for f in fields(RunRecord) if f.name not in {*LEFT_OUT, *SHARED, "spec"})
"""What else is a run's own, beside the seed."""
BLOCK = 1000
"""Texts that are decoded at once: one by one takes longer, and so do many, which fit into no cache."""


def decode_all(texts: Iterable[str]) -> list[Any]:
    """What some texts in JSON say."""
    found: list[Any] = json.loads(f"[{','.join(texts)}]")
    return found


def kind_text(record: RunRecord) -> str:
    """What a record shares with others of its kind, as JSON, and the order of what it does not."""
    values = record.as_dict()
    spec = {name: value for name, value in values["spec"].items() if name != "seed"}
    return json.dumps({"spec": spec, "own": OWN, **{name: values[name] for name in SHARED}})


def own_texts(record: RunRecord) -> tuple[str, ...]:
    """What is a record's own, as JSON: the seed and the values of `OWN`; and each of `SUMMED_UP`."""
    own = [record.spec.seed, *(getattr(record, name) for name in OWN)]
    return json.dumps(own), *(json.dumps(getattr(record, name)) for name in SUMMED_UP)


class Outline(RunRecord):
    """A record without the course of training: `LEFT_OUT` is empty.

    Each kind has a class of its own: what its runs share are attributes of the class, see `Kind.read`.

    Args:
        key: of its spec.
        own: the seed, the values of `OWN`, the price, and whether it was disturbed.
    """

    __slots__ = ("_key", "_own")
    _key: str
    _own: Sequence[Any]

    def __init__(self, key: str, own: Sequence[Any]) -> None:
        _set_key(self, key)  # a record is frozen
        _set_own(self, own)

    @property
    def spec(self) -> RunSpec:
        """What was run."""
        spec = object.__new__(RunSpec)
        spec.__dict__.update(self.setup.__dict__, seed=self._own[0], key=self._key)
        return spec

    @property
    def seed(self) -> int:
        """That of the spec, which need not be made for it."""
        seed: int = self._own[0]
        return seed


_set_key, _set_own = Outline._key.__set__, Outline._own.__set__  # type: ignore[attr-defined]  # noqa: SLF001 - its own


@dataclass(frozen=True)
class Kind:
    """What some runs have in common.

    Attributes:
        spec: of one of them, with seed 0.
        environment: of all of them.
        places: where each has what is its own.
        outline: makes their outlines.
    """

    spec: RunSpec
    environment: Mapping[str, Any]
    places: Mapping[str, int]
    outline: type[Outline]

    @classmethod
    def read(cls, text: str) -> Kind:
        """The kind that `kind_text` wrote."""
        values = json.loads(text)
        names = values.pop("own")
        spec = RunSpec.from_dict({**values.pop("spec"), "seed": 0}).with_seed(0)  # which works out what all share
        record = RunRecord(spec, "finished", **values)
        places = {name: index for index, name in enumerate((*names, "price", "disturbed"), start=1)}
        shared = {name: getattr(record, name) for name in (*SHARED, *LEFT_OUT, *OWN)}  # of `OWN` what has no place
        own = {name: _own(place) for name, place in places.items()}
        outline = type("Outline", (Outline,), {"__slots__": (), "setup": spec, **shared, **own})
        return cls(spec, record.environment, places, outline)


def _own(place: int) -> property:
    return property(lambda self: self._own[place])
