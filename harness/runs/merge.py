"""Joining results folders: each run once, and none that contradicts another."""

from __future__ import annotations

import heapq
import json
import os
import shutil
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.runs.record import PASSING, Record, RunRecord
from harness.runs.states import find_state
from harness.runs.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

MEASURED = (
    "seconds",
    "diagnosing_seconds",
    "elapsed",
    "cost",
    "disturbance",
    "finished",
    "environment",
    "checked",
    "engine",
    "reason",
    "details",
    "attempt",
)
"""What of a record says when, where, how and how long: two runs of one spec may differ in it without contradiction."""
NAMED = 3
"""Contradictions that are told one by one."""


@dataclass(frozen=True)
class Merged:
    """How many records the joint folder has, and how many of them came from more than one folder."""

    runs: int
    baselines: int
    repeated: int


@dataclass(frozen=True)
class Found:
    """A record in one of the folders."""

    record: Record
    folder: Path

    @property
    def key(self) -> str:
        """That of its spec."""
        return self.record.spec.key

    @property
    def finished(self) -> str:
        """When it ended."""
        return self.record.finished

    def state(self) -> bytes:
        """The weights, where they are kept."""
        return find_state(self.folder, self.key)


def merge(folders: Sequence[Path], target: Path, beside: Sequence[str] = ()) -> Merged:
    """Join results folders into a new one, weights included; it is there whole or not at all.

    Of two runs of one spec that agree, the one that was finished first is taken. A failure that another attempt may not
    come to contradicts nothing: it gives way to what the run came to elsewhere, as it does where a run is tried again.

    Args:
        folders: to join.
        target: the new folder.
        beside: names of files beside the records, which are taken along where all folders that have them agree.

    Raises:
        HarnessError: one is no results folder, two contradict each other, or the target is there already.
    """
    if target.exists():
        raise HarnessError(f"{target} exists already: nothing was overwritten; name another folder.")
    with ExitStack() as stack:
        stores = [stack.enter_context(closing(Store(folder))) for folder in folders]
        part = stack.enter_context(_part(target))
        joint = stack.enter_context(closing(Store(part, create=True)))
        merged = _join(stores, joint)
        joint.close()
        for name in beside:
            texts = {path.read_bytes() for folder in folders if (path := folder / name).is_file()}
            if len(texts) == 1:
                (part / name).write_bytes(texts.pop())
        part.replace(target)
    return merged


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """A folder beside the target, which is gone when this ends, if it was not given another name."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise HarnessError(f"{target} cannot be made: {error.strerror}.") from error
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _join(stores: Sequence[Store], joint: Store) -> Merged:
    found = heapq.merge(*(_all(store) for store in stores), key=lambda one: one.key)
    runs = baselines = repeated = 0
    conflicts: list[str] = []
    with joint.together():
        for store in stores:
            joint.reserve(store.order())
        for _, group in groupby(found, key=lambda one: one.key):
            alike = list(group)
            ends = _ends(alike)
            conflicts += _contradictions(ends)
            joint.add(_with_state(ends))
            runs += isinstance(ends[0].record, RunRecord)
            baselines += not isinstance(ends[0].record, RunRecord)
            repeated += len(alike) > 1
        if conflicts:
            more = f"; and {len(conflicts) - NAMED} more" if len(conflicts) > NAMED else ""
            told = "; ".join(conflicts[:NAMED])
            raise HarnessError(f"the folders contradict each other, and nothing was merged: {told}{more}.")
    return Merged(runs, baselines, repeated)


def _all(store: Store) -> Iterator[Found]:
    """Every record of a store, by key."""
    sources: tuple[Iterable[Record], ...] = (store.each_run(), store.baselines())
    records = heapq.merge(*sources, key=lambda record: record.spec.key)
    return (Found(record, store.folder) for record in records)


def _ends(alike: Sequence[Found]) -> list[Found]:
    """What a run comes to each time, the first that was finished first; the last attempt where all have failed."""
    lasting = [one for one in alike if one.record.status not in PASSING]
    by_time = sorted(lasting, key=lambda one: one.finished)
    return by_time or [max(alike, key=lambda one: (one.record.attempt, one.finished))]


def _with_state(alike: Sequence[Found]) -> Record:
    first = alike[0].record
    if not isinstance(first, RunRecord):
        return first
    return replace(first, state=next(filter(None, (one.state() for one in alike)), b""))


def _contradictions(alike: Sequence[Found]) -> list[str]:
    """What is told of the first two that differ."""
    first = alike[0]
    for other in alike[1:]:
        if difference := _difference(first, other):
            return [f"run {first.key} ({first.record.spec}) has {difference}"]
    return []


def _difference(a: Found, b: Found) -> str:
    """In a few words, what differs; empty where nothing does but what is measured."""
    ours, theirs = _results(a.record), _results(b.record)
    for name in ours:
        if _text(ours[name]) != _text(theirs[name]):
            return f"{_shown(name, ours[name])} in {a.folder} and {_shown(name, theirs[name])} in {b.folder}"
    states = a.state(), b.state()
    return f"other weights in {a.folder} than in {b.folder}" if all(states) and states[0] != states[1] else ""


def _results(record: Record) -> dict[str, Any]:
    """What a spec determines of its record, the most telling first."""
    values = {name: value for name, value in record.as_dict().items() if name not in {"spec", "state", *MEASURED}}
    for point in values.get("curve", ()):
        del point["seconds"]
    telling = [name for name in ("status", "scores") if name in values]
    return {name: values[name] for name in dict.fromkeys([*telling, *sorted(values)])}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _shown(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a record holds
    if name == "scores" and value:
        return ", ".join(f"{metric} {score!r}" for metric, score in value.items())
    return f'the {name} "{value}"' if isinstance(value, str) else f"another {name}"
