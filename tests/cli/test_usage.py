"""A command that is called wrongly: one sentence, whichever command, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import pytest
from typer.main import get_command

from harness import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Command

COMMANDS: dict[str, Any] = get_command(cli.app).commands  # type: ignore[attr-defined]  # it is a group


def _choices(module: Any, name: str) -> tuple[str, ...]:
    """What a parameter of a command may be, where that is one of a few words."""
    hint = get_type_hints(module.command)[name]
    kinds = [hint, *get_args(hint)]
    return next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())


def _slips() -> Iterator[Any]:
    """A call for each way in which each command can be called wrongly, and what has to be told."""
    for module in cli.COMMANDS:
        name = module.__name__.rpartition(".")[2]
        parameters = COMMANDS[name].params
        needed = ["word" for parameter in parameters if parameter.required]
        yield name, "--plugins-nonsense", [], f'harness {name} has no option "--plugins-nonsense".'
        if needed:
            yield name, None, [], f"harness {name} lacks "
        if all(parameter.nargs == 1 for parameter in parameters):
            arguments = [parameter for parameter in parameters if parameter.param_type_name == "argument"]
            many = [(*_choices(module, argument.name), "word")[0] for argument in arguments] + ["word"]
            yield name, None, many, f'harness {name} takes no further argument "word'
        for parameter in parameters:
            option = parameter.opts[0]
            if not option.startswith("-"):
                continue
            if choices := _choices(module, parameter.name):
                slip = f"{choices[-1]}x"
                listed = ", ".join(f"'{choice}'" for choice in choices)
                told = f'it should be one of {listed}. Did you mean "{choices[-1]}"?'
                yield name, option, [slip], f"{option} {slip} cannot be used: {told}"
            least = parameter.type_descriptor.parameter_info.min
            if least is not None:
                yield name, option, ["many"], f"{option} many cannot be used: it should be a "
                low = f"{least - 1}"
                yield name, option, [low], f"{option} {low} cannot be used: it should be greater than or equal to"


SLIPS = list(_slips())
ALL = "(harness run --help lists all)"
QUOTES = "a value with spaces or * in it needs quotes"


@pytest.mark.parametrize(("command", "option", "words", "told"), SLIPS)
def test_every_wrong_call_is_one_sentence(
    harness: Command, command: str, option: str | None, words: list[str], told: str
) -> None:
    done = harness(command, *([] if option is None else [option]), *words)
    assert done.err.startswith("error: ")
    assert told in done.err
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("rnu", 'there is no command "rnu". Did you mean "run"? (harness --help lists all)'),
        ("--versoin", 'harness has no option "--versoin". Did you mean "--version"? (harness --help lists all)'),
        ("run --celsl=gru", f'harness run has no option "--celsl". Did you mean "--cells"? {ALL}'),
        ("run -cells gru", f'harness run has no option "-cells". Did you mean "--cells"? {ALL}'),
        ("run --cells", "--cells needs a value."),
        ("run --verbose=3", "--verbose takes no value."),
        ("run --cells lstm, gru", f'harness run takes no further argument "gru": {QUOTES}.'),
        ("run --hidden 1.5", "--hidden 1.5 cannot be used: it should be a whole number."),
        ("run --dropout 1", "--dropout 1 cannot be used: it should be a share, from 0 to less than 1."),
        ("sample x --temperature nan", "--temperature nan cannot be used: it should be greater than or equal to 0."),
        ("run --budget ful", ("--budget ful cannot be used: it should be one of 'smoke', 'quick', 'full'. "
         'Did you mean "full"?')),
        ("new cel x", "KIND cel cannot be used: it should be one of 'cell', 'task'. Did you mean \"cell\"?"),
        ("new cell", "harness new lacks NAME, as in: harness new cell my-cell"),
        ("check", "harness check lacks CELL, as in: harness check lstm"),
        ("baseline a (b)", f'harness baseline takes no further argument "(b)": {QUOTES}.'),
    ],
)  # fmt: skip
def test_the_sentences(harness: Command, call: str, told: str) -> None:
    done = harness(*call.split())
    assert (done.code, done.err) == (2, f"error: {told}\n")


def test_no_command_is_a_call_for_help(harness: Command) -> None:
    done = harness()
    assert (done.code, done.err) == (0, "")
    assert "Start with: harness run" in done.out
