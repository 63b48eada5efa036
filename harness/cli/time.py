"""`harness time`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli import completion
from harness.cli.console import Plugin, Verbose, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.timing.rows import Timing
    from harness.modeling.engine.select import Engine

EPILOG = examples(
    "harness time lstm,gru,my_cell.py:MGU --against torch-lstm",
    "harness time lstm --against lstm --against-engine loop --shape batch=1,time=1000",
    "harness time jordan --against torch-gru --shape batch=64,output=65 --shape hidden=512,output=65",
    "harness time gru:reset=after --against torch-gru --threads 2 --tuned-allocator --format json",
)
Engines = Literal["auto", "native", "torch", "loop"]


def command(
    cells: Annotated[
        list[str],
        typer.Argument(
            help="Cells with options, separated by commas: lstm,gru:reset=after,my_cell.py:MGU.",
            metavar="CELLS",
            autocompletion=completion.cells,
            show_default=False,
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(
            help="The cell that they are held against; the first of them unless given.",
            metavar="CELL",
            autocompletion=completion.cells,
        ),
    ] = None,
    shape: Annotated[
        list[str] | None,
        typer.Option(
            help="Sizes; batch=32,time=100,input=64,hidden=128 where not given. Can be given several times.",
            metavar="NAME=N,...",
        ),
    ] = None,
    engine: Annotated[
        Engines, typer.Option(help="What runs a cell over time: compiled, in torch, or the plain loop.")
    ] = "auto",
    against_engine: Annotated[
        Engines | None, typer.Option(help="What runs the one that they are held against; as --engine unless given.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="How many torch and the engine may use.")] = 1,
    repeats: Annotated[int, typer.Option(min=7, help="Of which the median is taken.")] = 9,
    dtype: Annotated[Literal["float32", "float64"], typer.Option(help="The type of all numbers.")] = "float32",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    tuned_allocator: Annotated[
        bool,
        typer.Option(
            "--tuned-allocator", help="In a process whose allocator gives no memory back, which helps torch.nn most."
        ),
    ] = False,
    style: Annotated[
        Literal["rich", "markdown", "csv", "json"], typer.Option("--format", help="How to print.")
    ] = "rich",
    plugin: Plugin = None,
    verbose: Verbose = False,  # noqa: ARG001 - its callback takes it
) -> None:
    """Time cells side by side: training, forward, backward, inference, and the memory of a training step.

    All are timed in turn in one process, and held against one of them: how many times faster, with an interval.
    """
    from harness.cli.console import warn_of_broken
    from harness.errors import HarnessError
    from harness.registry import install, split
    from harness.runs.device import resolve
    from harness.runs.environment import usable_cores

    if threads > usable_cores():
        raise HarnessError(f"--threads {threads} cannot be used: at most {usable_cores()} can run here at once.")
    resolved = resolve(device)
    if tuned_allocator:
        _restart_tuned()
    broken = warn_of_broken(install(plugin or ()))
    names = split(cells)
    if not names:
        raise HarnessError("no cell is given: write for example harness time lstm,gru --against torch-lstm.")
    asked: list[tuple[str, Engine]] = [(against or names[0], against_engine or engine), *((n, engine) for n in names)]
    _print(_timings(asked, shape or ["batch=32"], dtype, resolved, threads, repeats), style)
    raise typer.Exit(2 if broken else 0)


def _timings(
    asked: Sequence[tuple[str, Engine]], shapes: Sequence[str], dtype: str, device: str, threads: int, repeats: int
) -> list[Timing]:
    """All that was asked for is built before any of it is timed; the first is what the others are held against."""
    import torch
    from rich.live import Live
    from rich.text import Text

    from harness.analysis.timing.rows import Timing
    from harness.cli.console import err
    from harness.training.timing.candidate import Candidate
    from harness.training.timing.measure import measure
    from harness.training.timing.shape import Shape
    from harness.training.timing.subject import Subject

    sizes = [Shape.parse(text) for text in shapes]
    found = [(Candidate.find(name), engine) for name, engine in asked]
    timings = []
    with Live(console=err, transient=True, auto_refresh=False) as live:  # a thread that draws would be timed, too

        def say(what: str) -> None:
            live.update(Text(what), refresh=True)

        say("building")
        for candidate, engine in found:
            for size in sizes:
                candidate.build(size, engine)  # what cannot be, is told before anything is timed
        for size in sizes:
            say(f"building at {size}")
            subjects = [
                Subject(one, size, engine, getattr(torch, dtype), torch.device(device)) for one, engine in found
            ]
            timings.append(Timing.of(measure(subjects, repeats, threads, say)))
    return timings


def _print(timings: Sequence[Timing], style: str) -> None:
    from harness.analysis.timing.formats import csv_text, json_text, markdown
    from harness.analysis.timing.texts import warnings
    from harness.cli.console import err
    from harness.cli.timings import show

    if style == "rich":
        show(timings)
        return
    typer.echo({"markdown": markdown, "csv": csv_text, "json": json_text}[style](timings).rstrip())
    if style != "markdown":  # which has them in itself
        for warning in warnings(timings):
            err.print(warning, soft_wrap=True, markup=False)


def _restart_tuned() -> None:
    """Do it in a process that starts with a tuned allocator; goes on where this one did.

    Raises:
        HarnessError: the allocator is not glibc's.
    """
    import os
    import platform
    import subprocess
    import sys

    from harness.errors import HarnessError
    from harness.training.timing.allocator import SETTINGS, tuned

    if tuned():
        return
    if platform.libc_ver()[0] != "glibc":
        raise HarnessError("--tuned-allocator cannot be used: it sets glibc's allocator, and there is another here.")
    command = [sys.executable, "-m", "harness", *sys.argv[1:]]
    raise typer.Exit(subprocess.run(command, env=os.environ | SETTINGS, check=False).returncode)
