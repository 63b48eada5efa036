"""All runs of a store at once, as far as tables and plans need them: read fast, for there may be a million."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.runs.record import PHASES, is_disturbed, price_of
from harness.runs.store.outline import BLOCK, Kind, decode_all
from harness.runs.store.rows import damaged
from harness.runs.store.schema import check_sum
from harness.runs.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.runs.record import Price, RunRecord
    from harness.runs.spec import RunSpec
    from harness.runs.store.database import Database, Row

_PATHS = ", ".join(f"'$.{path}'" for path in (*(f"{phase}.median" for phase in PHASES), "memory", "kernel"))
PRICE = f"CASE WHEN json_valid(cost) THEN json_extract(cost, {_PATHS}) END"
"""The price of a run in SQL, which finds it in a tenth of the time that decoding all of the cost takes; NULL where that
has a number that is none, which is not JSON to SQLite."""


def outlines(database: Database, wanted: Collection[str] | None) -> list[RunRecord]:
    """The outline of the last record of each run, all or those with the given keys, in the order of their claims.

    Raises:
        HarnessError: one is not what was written.
    """
    kinds = _kinds(database)
    columns = f"key, number, own_sum, kind, own, cost, disturbance, {PRICE}"
    rows = database.all(f"SELECT {columns} FROM outlines ORDER BY number, attempt")  # noqa: S608 - our columns
    chosen = rows if wanted is None else (row for row in rows if row[0] in wanted)
    found: list[RunRecord] = []
    last = None
    with uncollected(kept=True):
        while block := list(islice(chosen, BLOCK)):
            for key, _, own_sum, _, *texts, _ in block:
                if check_sum("".join(texts)) != own_sum:
                    raise damaged(database.path, f"the record of run {key}")
            for (key, number, _, of, *_), own, price, disturbance in zip(block, *_decoded(block), strict=True):
                kind = kinds[of]
                outline = kind.outline(key, (*own, price, is_disturbed(disturbance, kind.environment)))
                if number == last:  # another attempt at the same run
                    found[-1] = outline
                else:
                    found.append(outline)
                last = number
    return found


def _decoded(block: Sequence[Row]) -> tuple[list[list[Any]], list[Price], list[dict[str, Any]]]:
    """Of each row what is its own, its price, and how it was disturbed."""
    *_, own, costs, disturbances, prices = zip(*block, strict=True)
    if None in prices:
        return decode_all(own), [price_of(cost) for cost in decode_all(costs)], decode_all(disturbances)
    return decode_all(own), decode_all(prices), decode_all(disturbances)


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
            f" WHERE CASE WHEN json_valid(own) THEN {status} = 'finished' END GROUP BY kind"
        )
        found += [(kinds[n].spec, mean, count) for n, mean, count in rows if kinds[n].places == places]
    return [row for row in found if row[1] is not None]


def _kinds(database: Database) -> dict[int, Kind]:
    found = {}
    for number, text, content_sum in database.all("SELECT kind, content, content_sum FROM kinds"):
        if check_sum(text) != content_sum:
            raise damaged(database.path, "what some runs share")
        found[number] = Kind.read(text)
    return found
