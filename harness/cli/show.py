"""`harness show`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from harness.cli.console import AsJson, examples, out, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.runs.record import RunRecord

EPILOG = examples("harness show 3f1c", "harness show 3f1c --results results/reference/full", "harness show 3f1c --json")
DEPTH = 1e-12
"""Of the largest norm, below which all are drawn alike."""


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The run, or how its name begins; `harness runs` lists them.")
    ],
    results: Annotated[str, typer.Option(metavar="DIR", help="The results folder.")] = "results",
    as_json: AsJson = False,
) -> None:
    """Show one run: how it learnt, what flowed back through time before and after, and what it said on the way."""
    import json
    from contextlib import closing
    from pathlib import Path

    from harness.runs.store import Store

    with closing(Store(Path(results))) as store:
        record = store.run(run)
    if as_json:
        values = record.as_dict()
        values.pop("state")
        typer.echo(json.dumps(values, indent=2, ensure_ascii=False))
        return
    _summary(record)
    _curve(record)
    _flow(record)
    _listed("gate, shut and open", record, "gates", lambda pair: f"{pair[0]:.0%} {pair[1]:.0%}")
    _listed("spectral radius", record, "radii", lambda radius: f"{radius:.3f}")
    for sample in record.samples:
        out.print(Text(f"\nafter {sample['step']} of {record.spec.recipe.steps} steps", style="bold"))
        out.print(Text(sample["text"]), soft_wrap=True)


def _summary(record: RunRecord) -> None:
    from harness.analysis.comparison.times import seconds
    from harness.analysis.tables.numbers import value

    spec = record.spec
    changes = f" ({', '.join(spec.changes)})" if spec.changes else ""
    which = f"trial {spec.trial}" if spec.trial else f"seed {spec.seed}"
    row = " ".join([spec.row, *spec.chosen])
    out.print(Text(f"{row} on {spec.task.label}{changes}, {which}", style="bold"))
    ended = f"{record.status}: {record.reason}" if record.reason else record.status
    out.print(Text(f"run {spec.key} · {spec.budget} budget · {spec.device} · {ended}"))
    if record.hidden_size is not None:
        clipped = "" if record.clipped is None else f" · {record.clipped:.0%} of the steps clipped"
        out.print(f"{record.hidden_size} hidden · {record.parameters:,} parameters · {seconds(record)} s{clipped}")
        if record.state_size is not None and record.flops_per_step is not None:
            out.print(f"{record.state_size:,} numbers of state · {record.flops_per_step:,} FLOPs a step and sequence")
    if phases := [(name, record.cost[name]) for name in ("forward", "backward", "inference") if name in record.cost]:
        times = ", ".join(
            f"{1e6 * p['median']:.3g} {name} ({1e6 * p['low']:.3g}–{1e6 * p['high']:.3g})" for name, p in phases
        )
        busy = " while others kept the machine busy" if record.disturbed else ""
        out.print(f"µs a step and sequence{busy}: {times} · {record.cost['kernel']}")
    for metric in record.metrics:
        name, digits = metric["name"], metric["digits"]
        if spec.trial and name in record.validation:
            out.print(f"{name} {value(record.validation[name], digits)} on validation at {record.best_step}")
        if name in record.scores:
            held_out = value(record.validation[name], digits)
            out.print(f"{name} {value(record.scores[name], digits)} ({held_out} on validation at {record.best_step})")
    if record.details and record.status != "not supported":  # a traceback helps with a bug, which that is none
        out.print(Text(record.details), soft_wrap=True)


def _curve(record: RunRecord) -> None:
    from harness.analysis.tables.numbers import value

    if not record.curve:
        return
    metric = record.metrics[0]
    rows = table(("step", "seconds", "loss", f"validation {metric['name']}", "gradient norm", "clipped"))
    for column in rows.columns:
        column.justify = "right"
    for point in record.curve:
        score = value(point["scores"][metric["name"]], metric["digits"])
        numbers = (f"{point['seconds']:.1f}", f"{point['loss']:.4g}", score, f"{point['gradient_norm']:.3g}")
        rows.add_row(f"{point['step']:,}", *numbers, f"{point['clipped']:.0%}")
    out.print()
    out.print(rows)


def _flow(record: RunRecord) -> None:
    """‖∂L/∂h_t‖ of each layer from its first step to its last, on a logarithmic scale that all lines share."""
    from harness.analysis.listings.sparkline import sparkline

    lines = [
        (f"{_layer(layer)}, step {diagnosis['step']}", norms)
        for layer in (record.diagnoses[0]["gradients"] if record.diagnoses else ())
        for diagnosis in record.diagnoses
        for norms in [diagnosis["gradients"][layer]]
    ]
    highest = max((norm for _, norms in lines for norm in norms if math.isfinite(norm)), default=0.0)
    if not highest:
        return
    smallest = min(norm for _, norms in lines for norm in norms if norm > 0)
    lowest = max(smallest, DEPTH * highest)
    rows = table(("‖∂L/∂h_t‖", "from the first step to the last", "first", "last"))
    for name, norms in lines:
        ends = (f"{norms[0]:.1e}", f"{norms[-1]:.1e}")
        rows.add_row(Text(name), Text(sparkline(norms, lowest, highest)), *ends)
    out.print()
    out.print(rows)


def _listed(title: str, record: RunRecord, what: str, text: Any) -> None:  # noqa: ANN401 - a value to its text
    """What each diagnosis has by name, a column a diagnosis."""
    found: list[Mapping[str, Any]] = [diagnosis[what] for diagnosis in record.diagnoses]
    names: Iterable[str] = dict.fromkeys(name for values in found for name in values)
    rows = table((title, *(f"step {diagnosis['step']}" for diagnosis in record.diagnoses)))
    for name in names:
        rows.add_row(Text(_layer(name)), *(text(values[name]) if name in values else "" for values in found))
    if rows.row_count:
        out.print()
        out.print(rows)


def _layer(name: str) -> str:
    """The name of a module in the model, for people: `decoder.stack.layers.0` is decoder layer 0."""
    return name.replace("stack.layers.", "layer ").replace(".", " ")
