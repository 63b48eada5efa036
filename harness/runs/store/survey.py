"""All runs of a store at once, as far as tables and plans need them: read fast, for there may be a million."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.runs.store.outline import Kind, Outline, decode, uncollected
from harness.runs.store.rows import damaged
from harness.runs.store.schema import check_sum

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from harness.runs.record import RunRecord
    from harness.runs.spec import RunSpec
    from harness.runs.store.database import Database


def outlines(database: Database, wanted: Collection[str] | None) -> list[RunRecord]:
    """The outline of the last record of each run, all or those with the given keys, in the order of their claims.

    Raises:
        HarnessError: one is not what was written.
    """
    kinds = _kinds(database)
    rows = database.all("SELECT key, kind, own, cost, disturbance, own_sum FROM outlines ORDER BY number, attempt")
    found: dict[str, RunRecord] = {}
    with uncollected():
        for key, of, *texts, own_sum in rows:
            if wanted is None or key in wanted:
                found[key] = _outline(database.path, key, kinds[of], texts, own_sum)
    return list(found.values())


def times(database: Database) -> list[tuple[RunSpec, float, int]]:
    """Of each kind of run that finished: one of its specs, the mean of how long it took in seconds, how many."""
    kinds = _kinds(database)
    found = []
    for places in {json.dumps(of.places): of.places for of in kinds.values()}.values():
        status, elapsed, seconds = (
            f"json_extract(own, '$[{places.get(name, 0)}]')" for name in ("status", "elapsed", "seconds")
        )
        rows = database.all(
            f"SELECT kind, avg(coalesce({elapsed}, {seconds})), count(*) FROM outlines"  # noqa: S608 - numbers
            f" WHERE {status} = 'finished' GROUP BY kind"
        )
        found += [(kinds[n].record.spec, mean, count) for n, mean, count in rows if kinds[n].places == places]
    return [row for row in found if row[1] is not None]


def _kinds(database: Database) -> dict[int, Kind]:
    found = {}
    for number, text, content_sum in database.all("SELECT kind, content, content_sum FROM kinds"):
        if check_sum(text) != content_sum:
            raise damaged(database.path, "what some runs share")
        found[number] = Kind.read(text)
    return found


def _outline(path: Path, key: str, of: Kind, texts: list[str], own_sum: int) -> Outline:
    if check_sum("".join(texts)) != own_sum:
        raise damaged(path, f"the record of run {key}")
    own, *packed = texts
    return Outline(of, key, decode(own) + packed)
