"""How time and memory grow with the number of runs, from a thousand to a million synthetic records.

For each number, in fresh processes: the table of a results folder, and asking again for all that is in it. Then, what
handing out and storing a run costs beside the run, at ten thousand runs that do nothing on two workers. The growth is
drawn beside the figures.

Run it as: python benchmarks/scale.py results/benchmarks/scale.json; or, one part after the other, with the part behind
it: overhead, or a number of records.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

SIZES = (1_000, 10_000, 100_000, 1_000_000)
CELLS = ("elman", "gru", "lstm", "mingru", "minlstm", "simple-gru", "torch-gru", "torch-lstm", "torch-rnn", "window")
TASKS = ("adding:length=5", "adding:length=6", "copy", "temporal-order", "selective-copy")
POINTS = 5
"""Evaluations in a learning curve."""
SEED, SCORE = 987654321, 0.123456789
"""What stands for those of a run in the record that all of its kind are made from."""
TRIVIAL = 10_000
"""Runs that do nothing."""
NOTHING = '''
from harness import Cell, NotSupportedError

class Nothing(Cell):
    """Refuses."""
    def __init__(self, input_size, hidden_size):
        raise NotSupportedError("nothing is done")
'''


def fill(folder: Path, count: int) -> None:
    """A results folder with so many runs of `plan`, as if all had been run.

    Rows are written as the store writes them, but the records of a kind are made by putting numbers into one of them.
    """
    from harness.runs.record import BaselineRecord  # noqa: PLC0415 - the work of a process of its own
    from harness.runs.store import Store  # noqa: PLC0415
    from harness.runs.store.outline import kind_text, own_texts  # noqa: PLC0415
    from harness.runs.store.schema import check_sum  # noqa: PLC0415

    random = Random(0)  # noqa: S311 - synthetic scores
    store = Store(folder, create=True)
    plan = _plan(count)
    number = 0
    for place, kind in enumerate(plan.kinds()):
        record = _record(kind)
        values = record.as_dict()
        values.pop("state")
        history = json.dumps({name: values.pop(name) for name in ("curve", "diagnoses", "samples")})
        text, (own, *packed), history_sum = json.dumps(values), own_texts(record), check_sum(history)
        named = (kind.row, kind.task.label)
        runs, outlines, claims = [], [], []
        for spec in (kind.with_seed(seed) for seed in plan.seeds):
            number += 1
            score = repr(random.gauss(0.2 + 0.01 * (place % len(CELLS)), 0.05))
            row, line = (part.replace(str(SCORE), score).replace(str(SEED), str(spec.seed)) for part in (text, own))
            claims.append((number, spec.key))
            ended = ("finished", record.finished, row, check_sum(row), history, history_sum)
            runs.append((number, 1, spec.key, *named, spec.seed, *ended))
            outlines.append((number, 1, spec.key, place + 1, line, *packed, check_sum("".join([line, *packed]))))
        connection = store._database.connection  # noqa: SLF001 - nobody else fills a store like this
        with store.together():
            content = kind_text(record)
            connection.execute("INSERT INTO kinds VALUES (?, ?, ?)", (place + 1, content, check_sum(content)))
            connection.executemany("INSERT INTO claims (number, key) VALUES (?, ?)", claims)
            connection.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", runs)
            connection.executemany("INSERT INTO outlines VALUES (?, ?, ?, ?, ?, ?, ?, ?)", outlines)
    for trivial in plan.baselines():
        store.add(BaselineRecord(trivial))
    store.close()


def _record(kind: Any) -> Any:  # noqa: ANN401 - a RunSpec and a RunRecord, imported where they are used
    """A run as it is stored, with numbers that are replaced in each of its kind."""
    from harness.runs.record import RunRecord  # noqa: PLC0415

    spread = {"median": 1.5e-06, "low": 1.4e-06, "high": 1.6e-06}
    return RunRecord(
        kind.with_seed(SEED),
        "finished",
        metrics=[{"name": "MSE", "direction": "lower", "digits": 4}],
        scores={"MSE": SCORE},
        validation={"MSE": SCORE},
        solved=False,
        best_step=100,
        hidden_size=20,
        parameters=1250,
        recurrent_parameters=1200,
        state_size=20,
        flops_per_step=2500,
        steps=100,
        seconds=1.5,
        diagnosing_seconds=0.1,
        elapsed=2.5,
        sequence_steps=100_000,
        clipped=0.5,
        engine="native",
        finished="2026-01-01T00:00:00.000000+00:00",
        cost={"forward": spread, "backward": spread, "inference": spread, "repeats": 5, "steps": 160, "memory": 65536,
              "kernel": "native AVX2"},
        disturbance={"threads": 1, "others": 0.01, "waited": 0.0},
        environment={"harness": "0.1.0", "torch": "2.13.0", "python": "3.11", "cores": 2},
        curve=[{"step": 10 * point, "seconds": 0.1, "loss": 0.2, "scores": {"MSE": 0.2}} for point in range(POINTS)],
    )  # fmt: skip


def _plan(count: int) -> Any:  # noqa: ANN401 - a Plan, imported where it is used
    from harness.runs.plan import Plan, Request  # noqa: PLC0415

    return Plan.make(Request(CELLS, TASKS, count // (len(CELLS) * len(TASKS)), "smoke", "cpu"))


def measured(arguments: list[str]) -> dict[str, Any]:
    """Seconds and peak memory of a command of its own, and whether it had to import torch."""
    code = (
        "import sys, resource; from harness.cli import main; sys.argv = ['harness', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(used, 'torch' in sys.modules, file=sys.stderr)"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    used, torch = done.stderr.split()[-2:]
    return {"seconds": round(seconds, 2), "GB": round(int(used) / 1e6, 2), "torch": torch == "True"}


def overhead() -> dict[str, float]:
    """Milliseconds a run, at runs that refuse at once: claimed, handed to a worker, stored durably and told."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nothing.py").write_text(NOTHING, encoding="utf-8")
        names = ["run", "--cells", "nothing.py:Nothing", "--tasks", "adding:length=5", "--budget", "smoke"]
        command = [sys.executable, "-m", "harness", *names, "--workers", "2", "--seeds"]
        seconds = []
        for count in (10, TRIVIAL):
            started = time.perf_counter()
            subprocess.run([*command, str(count)], check=True, capture_output=True, cwd=folder)
            seconds.append(time.perf_counter() - started)
    return {"runs": TRIVIAL, "milliseconds a run": round(1000 * (seconds[1] - seconds[0]) / (TRIVIAL - 10), 2)}


def draw(found: dict[str, Any], picture: Path) -> None:
    """Seconds over the number of runs, both on logarithmic axes."""
    import altair as alt  # noqa: PLC0415 - an extra

    points = [
        {"runs": int(count), "seconds": figures["seconds"], "what": what}
        for what in ("table", "asking again")
        for count, figures in found[what].items()
    ]
    axes = {
        "x": alt.X("runs:Q", scale=alt.Scale(type="log"), title="runs in the results folder"),
        "y": alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds, the start of the program included"),
    }
    colour = alt.Color("what:N", title=None)
    line = alt.Chart(alt.Data(values=points)).mark_line(point=True).encode(**axes, color=colour)
    line.properties(width=420, height=260).configure(background="white", font="sans-serif").save(picture)


def grown(count: int) -> dict[str, dict[str, Any]]:
    """What a results folder with so many runs takes."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, "--fill", folder, str(count)], check=True)
        names = ["--cells", ",".join(CELLS), "--tasks", ",".join(TASKS)]
        seeds = ["--seeds", str(count // (len(CELLS) * len(TASKS))), "--budget", "smoke", "--device", "cpu"]
        return {
            "table": measured(["table", folder, "--format", "csv"]),
            "asking again": measured(["run", *names, *seeds, "--out", folder]),
        }


def main(target: Path, parts: list[str]) -> None:
    """Measure some parts, or all, put the figures in the place of what there is of them, and draw all."""
    found: dict[str, Any] = {"cores": os.cpu_count(), "overhead": {}, "table": {}, "asking again": {}}
    if target.exists():
        found |= json.loads(target.read_text(encoding="utf-8"))
    for part in parts or ["overhead", *map(str, SIZES)]:
        if part == "overhead":
            found["overhead"] = overhead()
            print(found["overhead"], flush=True)
        else:
            for what, figures in grown(int(part)).items():
                found[what][part] = figures
                print(part, what, figures, flush=True)
        target.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    draw(found, target.with_suffix(".svg"))


if __name__ == "__main__":
    if sys.argv[1] == "--fill":
        fill(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(Path(sys.argv[1]), sys.argv[2:])
