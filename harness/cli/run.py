"""`harness run`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from harness.cli import completion
from harness.cli.console import Plugin, Verbose, examples
from harness.cli.precautions import CheckpointEvery, MemoryLimit, TimeLimit, interval, limits

EPILOG = examples(
    "harness run --cells lstm,gru --tasks all",
    "harness run --cells elman,my_cell.py:MGU --tasks adding:length=400 --seeds 10",
    "harness run --cells lstm --tasks char-lm:corpus=my_book.txt --match params=200000 --budget full",
    "harness run --cells lstm,gru --tasks adding --match state=128",
    "harness run --cells lstm,elman --tasks adding --grid clip=none,1,5",
    "harness run --cells lstm,gru --tasks all --seeds auto:max=20",
    "harness run --cells lstm,elman --tasks adding --tune 8",
    "harness run --suite ci.toml --out results/ci",
    "harness run --cells lstm --tasks all --seeds 10 --executor ray --address 10.0.0.1:6379",
    "harness run --cells all --tasks all --shard 2/8 --out shard-2",
    "harness run --cells gru --tasks highlight --layers 2 --bidirectional --dropout 0.1 --set lr=0.002",
)

Names = list[str]
BESIDE_SUITE = {
    "suite",
    "workers",
    "executor",
    "address",
    "shard",
    "retry",
    "time_limit",
    "memory_limit",
    "checkpoint_every",
    "out",
    "plugin",
    "verbose",
}
"""What may be given with a suite."""


def _share(value: float | None) -> float | None:
    from harness.errors import HarnessError

    if value is not None and not 0 <= value < 1:
        raise HarnessError(f"--dropout {value:g} cannot be used: it should be a share, from 0 to less than 1.")
    return value


def command(
    context: typer.Context,
    cells: Annotated[
        Names | None,
        typer.Option(
            help="Cells with options, separated by commas: lstm,gru:reset=after; or all.",
            metavar="NAMES",
            autocompletion=completion.cells,
        ),
    ] = None,
    tasks: Annotated[
        Names | None,
        typer.Option(
            help="Tasks with options: adding:length=400,char-lm; or all.",
            metavar="NAMES",
            autocompletion=completion.tasks,
        ),
    ] = None,
    seeds: Annotated[
        str,
        typer.Option(metavar="N", help="Runs of each cell on each task; or auto:max=20: until it is decided who wins."),
    ] = "3",
    first_seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seeds are N, N + 1, and so on.")] = 0,
    budget: Annotated[
        Literal["smoke", "quick", "full"],
        typer.Option(help="How long to train: seconds, about 20 s, or minutes a run."),
    ] = "quick",
    match: Annotated[
        str | None,
        typer.Option(
            metavar="KIND=N",
            help="What is equal: params=N, state=N, or flops=N (a time step); the recipe's parameters unless given.",
        ),
    ] = None,
    hidden: Annotated[int | None, typer.Option(min=1, help="Hidden size of every cell, instead of --match.")] = None,
    layers: Annotated[int | None, typer.Option(min=1, help="Recurrent layers.")] = None,
    bidirectional: Annotated[
        bool, typer.Option("--bidirectional", help="Each layer also reads its sequence from the end.")
    ] = False,
    dropout: Annotated[
        float | None,
        typer.Option(metavar="P", callback=_share, help="The share of a layer's outputs that training leaves out."),
    ] = None,
    regulariser: Annotated[
        str | None, typer.Option(metavar="NAME", help="none, or pascanu:alpha=2 (keeps the norm of the error).")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(metavar="NAME", help="A named recipe on top of each task's own: keras-slide.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Change a recipe for all cells: lr=0.01, optimiser=sgd; for one cell: lstm.lr=0.01.",
        ),
    ] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUES", help="Train each cell with each of some settings: clip=none,1,5."),
    ] = None,
    tune: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="First N trials of each cell over the task's space.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    engine: Annotated[
        Literal["auto", "native", "torch", "loop"],
        typer.Option(help="What runs a cell over time: compiled, in torch, or the plain loop."),
    ] = "auto",
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Worker processes; one a core, or one on a GPU, unless given. 0: none but this."),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What executes the runs: workers, process, ray, slurm; with options."),
    ] = None,
    address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Of the cluster that the executor connects to.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only the I-th of N shares of the runs; harness merge joins them.")
    ] = None,
    retry: Annotated[int, typer.Option(min=0, metavar="N", help="Try runs that failed again, each up to N times.")] = 0,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    checkpoint_every: CheckpointEvery = None,
    suite: Annotated[
        str | None, typer.Option(metavar="FILE.toml", help="Run what a file says, instead of all options above.")
    ] = None,
    save_suite: Annotated[
        str | None, typer.Option(metavar="FILE.toml", help="Write what is run into a new file, for --suite.")
    ] = None,
    out: Annotated[str, typer.Option(metavar="DIR", help="The results folder.")] = "results",
    plugin: Plugin = None,
    verbose: Verbose = False,  # noqa: ARG001 - its callback takes it
) -> None:
    """Train and evaluate cells on tasks, and print the comparison table.

    What is in the results folder already is not run again. Ctrl-C once finishes the runs in flight, twice drops them.
    """
    from pathlib import Path

    from harness.cli import asked
    from harness.cli.session import Session
    from harness.errors import HarnessError
    from harness.registry import split
    from harness.runs.limits import Care, Keeping
    from harness.runs.plan import Plan, Request
    from harness.runs.shard import WHOLE, Shard
    from harness.runs.suite import Suite, write_new
    from harness.training.settings import parse, parse_grid

    runner = asked.executor(plugin or (), executor, workers, address)
    share = WHOLE if shard is None else Shard.parse(shard)
    care = Care(limits(time_limit, memory_limit, workers), retry)
    runner.limit(care.limits)
    runner.keep(Keeping(Path(out), interval(checkpoint_every)))
    runner.reach()

    if suite is not None:
        _check_alone(context)
        loaded = Suite.load(Path(suite)).with_plugins(plugin or ())
        loaded.plan(runner.device)
        session = Session(loaded.request(runner.device), Path(out), runner, loaded, shard=share, care=care)
        raise typer.Exit(session.run())
    if not cells or not tasks:
        raise HarnessError("give --cells and --tasks, or a file that has them with --suite.")
    everybody, own = parse(settings or ())
    request = Request(
        cells=tuple(split(cells)),
        tasks=tuple(split(tasks)),
        seeds=asked.seeds(seeds),
        first_seed=first_seed,
        budget=budget,
        device=runner.device(device),
        size=asked.size(match, hidden),
        recipe=recipe,
        settings=asked.settings(everybody, layers, dropout, regulariser, bidirectional=bidirectional),
        own=own,
        grid=parse_grid(grid or ()),
        tune=tune or 0,
        plugins=tuple(plugin or ()),
        engine=engine,
    )
    if save_suite is not None:
        Plan.make(request)  # what is wrong is told before a file is written
        write_new(Path(save_suite), Suite.of(request).text())
    raise typer.Exit(Session(request, Path(out), runner, shard=share, care=care).run())


def _check_alone(context: typer.Context) -> None:
    """Refuse options that a suite has itself.

    Raises:
        HarnessError: one is given.
    """
    from harness.errors import HarnessError

    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "")
        if given is not None and given.name == "COMMANDLINE" and parameter.name not in BESIDE_SUITE:
            raise HarnessError(f"--suite and {parameter.opts[0]} exclude each other: the suite has it.")
